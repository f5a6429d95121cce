import { infiniteQueryOptions, queryOptions } from "@tanstack/react-query";

import { answer, api } from "../api/client";
import { KEYS } from "../api/query-client";
import type { Schemas } from "../api/schemas";

export type CloudAccount = Schemas["ConsoleCloudAccount"];

export const cloudAccountsQuery = queryOptions({
  queryKey: [KEYS.cloudAccounts],
  queryFn: async ({ signal }) => (await answer(api.GET("/api/cloud-accounts", { signal }))).cloudAccounts,
});

/** A cloud account's verifications, newest first, page by page. */
export const verificationsQuery = (id: number) =>
  infiniteQueryOptions({
    queryKey: [KEYS.cloudAccounts, id, "verifications"],
    initialPageParam: undefined as string | undefined,
    queryFn: ({ pageParam: cursor, signal }) =>
      answer(
        api.GET("/api/cloud-accounts/{id}/verifications", {
          params: { path: { id }, query: { cursor } },
          signal,
        }),
      ),
    getNextPageParam: ({ nextCursor }) => nextCursor ?? undefined,
  });

/** What to create in AWS: for an access key, or for a role that asks for this external id. */
export const iamKitQuery = (externalId?: string) =>
  queryOptions({
    queryKey: ["iam-kit", externalId],
    staleTime: Infinity,
    queryFn: ({ signal }) => {
      const query = externalId === undefined ? {} : { mode: "role", externalId };
      return answer(api.GET("/api/iam-kit", { params: { query }, signal }));
    },
  });
