// What the views ask for, each under its own key.
import { QueryClient, queryOptions } from "@tanstack/react-query";

import { answer, api } from "./client";
import { Failure } from "./failure";
import type { Session } from "./types";

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

/** Who is signed in; `null` when nobody is. */
export const sessionQuery = queryOptions({
  queryKey: ["session"],
  staleTime: 60_000,
  queryFn: async ({ signal }): Promise<Session | null> => {
    try {
      return await answer(api.GET("/api/session", { signal }));
    } catch (failure) {
      if (failure instanceof Failure && failure.status === 401) return null;
      throw failure;
    }
  },
});

export const sessionsQuery = queryOptions({
  queryKey: ["sessions"],
  queryFn: async ({ signal }) => (await answer(api.GET("/api/sessions", { signal }))).sessions,
});

export const subscriptionsQuery = queryOptions({
  queryKey: ["subscriptions"],
  queryFn: async ({ signal }) => (await answer(api.GET("/api/subscriptions", { signal }))).subscriptions,
});

export const cloudAccountsQuery = queryOptions({
  queryKey: ["cloud-accounts"],
  queryFn: async ({ signal }) => (await answer(api.GET("/api/cloud-accounts", { signal }))).cloudAccounts,
});

export const tasksQuery = queryOptions({
  queryKey: ["tasks"],
  queryFn: async ({ signal }) => (await answer(api.GET("/v1/tasks", { signal }))).tasks,
});

export const findingsQuery = (id: string) =>
  queryOptions({
    queryKey: ["tasks", id, "findings"],
    queryFn: async ({ signal }) =>
      (await answer(api.GET("/api/tasks/{id}/findings", { params: { path: { id } }, signal }))).findings,
  });

export const usersQuery = queryOptions({
  queryKey: ["users"],
  queryFn: async ({ signal }) => (await answer(api.GET("/api/users", { signal }))).users,
});

export const apiKeysQuery = queryOptions({
  queryKey: ["api-keys"],
  queryFn: ({ signal }) => answer(api.GET("/api/api-keys", { signal })),
});

export const iamKitQuery = queryOptions({
  queryKey: ["iam-kit"],
  staleTime: Infinity,
  queryFn: ({ signal }) => answer(api.GET("/api/iam-kit", { signal })),
});
