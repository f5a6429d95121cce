// What was asked of the API, and how often it is asked again.
import { QueryClient } from "@tanstack/react-query";

import { Failure } from "./failure";

/** The first part of the keys under which answers are kept, where more than one feature makes them anew. */
export const KEYS = {
  cloudAccounts: "cloud-accounts",
  session: "session",
  /** All that belongs to one subscription is kept below it. */
  subscriptions: "subscriptions",
} as const;

/** How often it is looked at what changes by itself. */
export const MOVING_MS = 2_000;

export const queryClient = new QueryClient({
  defaultOptions: {
    queries: {
      staleTime: 5_000,
      // A refusal stays one however often it is asked; a broken connection may mend.
      retry: (count, error) =>
        count < 2 && (!(error instanceof Failure) || error.status === null || error.status >= 500),
    },
  },
});
