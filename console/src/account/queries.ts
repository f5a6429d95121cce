import { queryOptions } from "@tanstack/react-query";

import { answer, api } from "../api/client";

/** Where the person is signed in. */
export const sessionsQuery = queryOptions({
  queryKey: ["sessions"],
  queryFn: async ({ signal }) => (await answer(api.GET("/api/sessions", { signal }))).sessions,
});
