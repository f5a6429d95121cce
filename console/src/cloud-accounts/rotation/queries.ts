import { queryOptions } from "@tanstack/react-query";

import { answer, api } from "../../api/client";
import { KEYS, MOVING_MS } from "../../api/query-client";

/** A cloud account's rotations, newest first; looked at again and again while one is under way. */
export const rotationsQuery = (id: number) =>
  queryOptions({
    queryKey: [KEYS.cloudAccounts, id, "rotations"],
    queryFn: async ({ signal }) =>
      (await answer(api.GET("/api/cloud-accounts/{id}/rotations", { params: { path: { id } }, signal })))
        .rotations,
    refetchInterval: ({ state }) => (state.data?.[0]?.finishedTimestamp === null ? MOVING_MS : false),
  });

export const rotationScheduleQuery = (id: number) =>
  queryOptions({
    queryKey: [KEYS.cloudAccounts, id, "rotation-schedule"],
    queryFn: ({ signal }) =>
      answer(api.GET("/api/cloud-accounts/{id}/rotation-schedule", { params: { path: { id } }, signal })),
  });
