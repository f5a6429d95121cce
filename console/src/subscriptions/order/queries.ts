// What can be chosen when a subscription is ordered.
import { queryOptions } from "@tanstack/react-query";

import { answer, api } from "../../api/client";
import { KEYS } from "../../api/query-client";

/** The account's flexible and annual subscriptions with their networks. */
export const proSubscriptionsQuery = queryOptions({
  queryKey: [KEYS.subscriptions, "orders"],
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
