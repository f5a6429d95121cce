// What the views ask for, each under its own key.
import { infiniteQueryOptions, QueryClient, queryOptions } from "@tanstack/react-query";

import { answer, api } from "./client";
import { Failure } from "./failure";
import type { Session } from "./schemas";

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

/** The account's subscriptions; looked at again and again while one is being built or removed. */
export const subscriptionsQuery = queryOptions({
  queryKey: ["subscriptions"],
  queryFn: async ({ signal }) => (await answer(api.GET("/api/subscriptions", { signal }))).subscriptions,
  refetchInterval: ({ state }) => (state.data?.some(isMoving) ? MOVING_MS : false),
});

const MOVING_MS = 2_000;

function isMoving({ status }: { status: string }): boolean {
  return ["pending", "deleting", "building", "removing"].includes(status);
}

export const cloudAccountsQuery = queryOptions({
  queryKey: ["cloud-accounts"],
  queryFn: async ({ signal }) => (await answer(api.GET("/api/cloud-accounts", { signal }))).cloudAccounts,
});

/** A cloud account's verifications, newest first, page by page. */
export const verificationsQuery = (id: number) =>
  infiniteQueryOptions({
    queryKey: ["cloud-accounts", id, "verifications"],
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

/** A cloud account's rotations, newest first; looked at again and again while one is under way. */
export const rotationsQuery = (id: number) =>
  queryOptions({
    queryKey: ["cloud-accounts", id, "rotations"],
    queryFn: async ({ signal }) =>
      (await answer(api.GET("/api/cloud-accounts/{id}/rotations", { params: { path: { id } }, signal })))
        .rotations,
    refetchInterval: ({ state }) => (state.data?.[0]?.finishedTimestamp === null ? 2_000 : false),
  });

export const rotationScheduleQuery = (id: number) =>
  queryOptions({
    queryKey: ["cloud-accounts", id, "rotation-schedule"],
    queryFn: ({ signal }) =>
      answer(api.GET("/api/cloud-accounts/{id}/rotation-schedule", { params: { path: { id } }, signal })),
  });

/** What is permitted to technical support in a cloud account. */
export const supportAccessQuery = (id: number) =>
  queryOptions({
    queryKey: ["cloud-accounts", id, "support-access"],
    queryFn: ({ signal }) =>
      answer(api.GET("/api/cloud-accounts/{id}/support-access", { params: { path: { id } }, signal })),
  });

/** The sessions in a cloud account's AWS console, newest first; support may ask for one while they are looked at. */
export const consoleSessionsQuery = (id: number) =>
  queryOptions({
    queryKey: ["cloud-accounts", id, "console-sessions"],
    staleTime: 0,
    refetchInterval: 5_000,
    queryFn: async ({ signal }) =>
      (
        await answer(
          api.GET("/api/cloud-accounts/{id}/console-sessions", { params: { path: { id } }, signal }),
        )
      ).consoleSessions,
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

/** Has Berth issue an external id. */
export const issueExternalId = () => answer(api.POST("/api/cloud-accounts/external-id"));

// What belongs to one subscription. All keys begin with those of the list: who makes the list anew, makes these anew.

/** A flexible or annual subscription as it was ordered, with all that was changed since. */
export const proSubscriptionQuery = (id: number) =>
  queryOptions({
    queryKey: ["subscriptions", id, "order"],
    queryFn: ({ signal }) => answer(api.GET("/v1/subscriptions/{id}", { params: { path: { id } }, signal })),
  });

/** What is built for a subscription; looked at again and again while that changes. */
export const deploymentsQuery = (id: number) =>
  queryOptions({
    queryKey: ["subscriptions", id, "deployments"],
    queryFn: async ({ signal }) =>
      (await answer(api.GET("/api/subscriptions/{id}/deployments", { params: { path: { id } }, signal })))
        .deployments,
    refetchInterval: ({ state }) =>
      state.data?.some((one) => isMoving({ status: one.state })) ? MOVING_MS : false,
  });

export const driftQuery = (id: number) =>
  queryOptions({
    queryKey: ["subscriptions", id, "drift"],
    queryFn: async ({ signal }) =>
      (await answer(api.GET("/api/subscriptions/{id}/drift", { params: { path: { id } }, signal })))
        .deployments,
  });

/** What of the drift is restored without being asked. */
export const restorePolicyQuery = (id: number) =>
  queryOptions({
    queryKey: ["subscriptions", id, "restore-policy"],
    queryFn: ({ signal }) =>
      answer(api.GET("/api/subscriptions/{id}/restore-policy", { params: { path: { id } }, signal })),
  });

/** What was restored, newest first, and what comes next. */
export const restoresQuery = (id: number) =>
  queryOptions({
    queryKey: ["subscriptions", id, "restores"],
    queryFn: async ({ signal }) =>
      (await answer(api.GET("/api/subscriptions/{id}/restores", { params: { path: { id } }, signal })))
        .deployments,
  });

/** How the nodes of a deployment do. */
export const monitoringQuery = (id: string) =>
  queryOptions({
    queryKey: ["deployments", id, "monitoring"],
    queryFn: ({ signal }) =>
      answer(api.GET("/api/deployments/{id}/monitoring", { params: { path: { id } }, signal })),
  });

export const allowListQuery = (id: number) =>
  queryOptions({
    queryKey: ["subscriptions", id, "allow-list"],
    queryFn: ({ signal }) =>
      answer(api.GET("/api/subscriptions/{id}/allow-list", { params: { path: { id } }, signal })),
  });

export const maintenanceWindowsQuery = (id: number) =>
  queryOptions({
    queryKey: ["subscriptions", id, "maintenance-windows"],
    queryFn: ({ signal }) =>
      answer(api.GET("/v1/subscriptions/{id}/maintenance-windows", { params: { path: { id } }, signal })),
  });

/** The databases that are planned, as many as the API gives at once. */
export const plannedDatabasesQuery = (id: number) =>
  queryOptions({
    queryKey: ["subscriptions", id, "databases"],
    queryFn: async ({ signal }) => {
      const params = { path: { id }, query: { limit: 1_000 } };
      const found = await answer(api.GET("/v1/subscriptions/{id}/databases", { params, signal }));
      return found.subscription.flatMap(({ databases }) => databases);
    },
  });

// What can be chosen when a subscription is ordered.

/** The account's flexible and annual subscriptions with their networks. */
export const proSubscriptionsQuery = queryOptions({
  queryKey: ["subscriptions", "orders"],
  queryFn: async ({ signal }) => (await answer(api.GET("/v1/subscriptions", { signal }))).subscriptions,
});

export const regionsQuery = queryOptions({
  queryKey: ["regions"],
  staleTime: Infinity,
  queryFn: async ({ signal }) => (await answer(api.GET("/v1/regions", { signal }))).regions,
});

/** The availability zones of a region, as a cloud account's AWS account has them. */
export const zonesQuery = (id: number, region: string) =>
  queryOptions({
    queryKey: ["zones", id, region],
    staleTime: 300_000,
    queryFn: async ({ signal }) => {
      const params = { path: { id }, query: { region } };
      return (await answer(api.GET("/api/cloud-accounts/{id}/zones", { params, signal }))).zones;
    },
  });

export const paymentMethodsQuery = queryOptions({
  queryKey: ["payment-methods"],
  queryFn: async ({ signal }) => (await answer(api.GET("/v1/payment-methods", { signal }))).paymentMethods,
});

export const fixedPlansQuery = queryOptions({
  queryKey: ["fixed-plans"],
  staleTime: Infinity,
  queryFn: async ({ signal }) => (await answer(api.GET("/v1/fixed/plans", { signal }))).plans,
});
