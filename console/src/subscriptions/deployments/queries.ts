import { queryOptions } from "@tanstack/react-query";

import { answer, api } from "../../api/client";
import { KEYS, MOVING_MS } from "../../api/query-client";
import { isMoving } from "./progress";

/** What is built for a subscription; looked at again and again while that changes. */
export const deploymentsQuery = (id: number) =>
  queryOptions({
    queryKey: [KEYS.subscriptions, id, "deployments"],
    queryFn: async ({ signal }) =>
      (await answer(api.GET("/api/subscriptions/{id}/deployments", { params: { path: { id } }, signal })))
        .deployments,
    refetchInterval: ({ state }) => (state.data?.some(isMoving) ? MOVING_MS : false),
  });
