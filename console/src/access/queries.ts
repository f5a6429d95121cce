import { queryOptions } from "@tanstack/react-query";

import { answer, api } from "../api/client";

export const usersQuery = queryOptions({
  queryKey: ["users"],
  queryFn: async ({ signal }) => (await answer(api.GET("/api/users", { signal }))).users,
});

export const apiKeysQuery = queryOptions({
  queryKey: ["api-keys"],
  queryFn: ({ signal }) => answer(api.GET("/api/api-keys", { signal })),
});
