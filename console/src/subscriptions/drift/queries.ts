import { queryOptions } from "@tanstack/react-query";

import { answer, api } from "../../api/client";
import { KEYS } from "../../api/query-client";

export const driftQuery = (id: number) =>
  queryOptions({
    queryKey: [KEYS.subscriptions, id, "drift"],
    queryFn: async ({ signal }) =>
      (await answer(api.GET("/api/subscriptions/{id}/drift", { params: { path: { id } }, signal })))
        .deployments,
  });

/** What of the drift is restored without being asked. */
export const restorePolicyQuery = (id: number) =>
  queryOptions({
    queryKey: [KEYS.subscriptions, id, "restore-policy"],
    queryFn: ({ signal }) =>
      answer(api.GET("/api/subscriptions/{id}/restore-policy", { params: { path: { id } }, signal })),
  });

/** What was restored, newest first, and what comes next. */
export const restoresQuery = (id: number) =>
  queryOptions({
    queryKey: [KEYS.subscriptions, id, "restores"],
    queryFn: async ({ signal }) =>
      (await answer(api.GET("/api/subscriptions/{id}/restores", { params: { path: { id } }, signal })))
        .deployments,
  });
