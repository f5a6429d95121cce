import { queryOptions } from "@tanstack/react-query";

import { answer, api } from "../api/client";
import { KEYS } from "../api/query-client";

/** What is permitted to technical support in a cloud account. */
export const supportAccessQuery = (id: number) =>
  queryOptions({
    queryKey: [KEYS.cloudAccounts, id, "support-access"],
    queryFn: ({ signal }) =>
      answer(api.GET("/api/cloud-accounts/{id}/support-access", { params: { path: { id } }, signal })),
  });

/** The sessions in a cloud account's AWS console, newest first; support may ask for one while they are looked at. */
export const consoleSessionsQuery = (id: number) =>
  queryOptions({
    queryKey: [KEYS.cloudAccounts, id, "console-sessions"],
    staleTime: 0,
    refetchInterval: 5_000,
    queryFn: async ({ signal }) => {
      const params = { path: { id } };
      const found = await answer(api.GET("/api/cloud-accounts/{id}/console-sessions", { params, signal }));
      return found.consoleSessions;
    },
  });
