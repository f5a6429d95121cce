import { queryOptions } from "@tanstack/react-query";

import { answer, api } from "../api/client";
import { Failure } from "../api/failure";
import { KEYS } from "../api/query-client";
import type { Schemas } from "../api/schemas";

/** Who is signed in; `null` when nobody is. */
export const sessionQuery = queryOptions({
  queryKey: [KEYS.session],
  staleTime: 60_000,
  queryFn: async ({ signal }): Promise<Schemas["Session"] | null> => {
    try {
      return await answer(api.GET("/api/session", { signal }));
    } catch (failure) {
      if (failure instanceof Failure && failure.status === 401) return null;
      throw failure;
    }
  },
});
