// What is asked of a subscription. All keys begin with the list's: who makes the list anew, makes these anew.
import { queryOptions } from "@tanstack/react-query";

import { answer, api } from "../api/client";
import { KEYS, MOVING_MS } from "../api/query-client";
import type { Schemas } from "../api/schemas";
import { isMoving } from "./words";

export type Subscription = Schemas["ListedSubscription"];

/** The account's subscriptions; looked at again and again while one is being built or removed. */
export const subscriptionsQuery = queryOptions({
  queryKey: [KEYS.subscriptions],
  queryFn: async ({ signal }) => (await answer(api.GET("/api/subscriptions", { signal }))).subscriptions,
  refetchInterval: ({ state }) => (state.data?.some(isMoving) ? MOVING_MS : false),
});

/** A flexible or annual subscription as it was ordered, with all that was changed since. */
export const proSubscriptionQuery = (id: number) =>
  queryOptions({
    queryKey: [KEYS.subscriptions, id, "order"],
    queryFn: ({ signal }) => answer(api.GET("/v1/subscriptions/{id}", { params: { path: { id } }, signal })),
  });

/** The databases that are planned, as many as the API gives at once. */
export const plannedDatabasesQuery = (id: number) =>
  queryOptions({
    queryKey: [KEYS.subscriptions, id, "databases"],
    queryFn: async ({ signal }) => {
      const params = { path: { id }, query: { limit: 1_000 } };
      const found = await answer(api.GET("/v1/subscriptions/{id}/databases", { params, signal }));
      return found.subscription.flatMap(({ databases }) => databases);
    },
  });
