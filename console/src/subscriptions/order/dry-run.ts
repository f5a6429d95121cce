// Asking what an order would build, and ordering it.
import { useMutation, useQueryClient } from "@tanstack/react-query";

import { answer, api } from "../../api/client";
import { KEYS } from "../../api/query-client";
import type { Schemas } from "../../api/schemas";
import { finished } from "../../tasks/finished";
import { disregard } from "../../tasks/followed";
import { readPlan } from "./plan";

/** A dry run: what is in `data` is the plan of the order in `variables`. */
export function useDryRun() {
  return useMutation({
    mutationFn: async (order: Schemas["SubscriptionCreate"]) => {
      const task = await answer(api.POST("/v1/subscriptions", { body: { ...order, dryRun: true } }));
      disregard(task.taskId);
      return readPlan((await finished(task)).response?.resource);
    },
  });
}

/** What is ordered. */
export type Wanted =
  | { plan: "flexible"; order: Schemas["SubscriptionCreate"] }
  | { plan: "fixed"; order: Schemas["FixedSubscriptionCreate"] };

/** Orders a subscription; what is in `data` is its id. */
export function useOrder() {
  const client = useQueryClient();
  return useMutation({
    mutationFn: async (wanted: Wanted) => {
      const task = await answer(
        wanted.plan === "flexible"
          ? api.POST("/v1/subscriptions", { body: wanted.order })
          : api.POST("/v1/fixed/subscriptions", { body: wanted.order }),
      );
      // The page that is left for shows how it goes on.
      disregard(task.taskId);
      const { response } = await finished(task);
      await Promise.all([
        client.invalidateQueries({ queryKey: [KEYS.subscriptions] }),
        client.invalidateQueries({ queryKey: [KEYS.session] }),
      ]);
      return response?.resourceId;
    },
  });
}
