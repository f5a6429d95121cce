// Changing a subscription: asked for by a request that makes a task, and done when that is finished.
import { useMutation, useQueryClient } from "@tanstack/react-query";

import { KEYS } from "../api/query-client";
import type { Schemas } from "../api/schemas";
import { finished } from "../tasks/finished";
import { useFollowTask } from "../tasks/use-follow-task";

/** A mutation that lasts until its task is finished, and whose failure is the task's. */
export function useChange<Wanted>(ask: (wanted: Wanted) => Promise<Schemas["Task"]>) {
  const client = useQueryClient();
  const follow = useFollowTask();
  return useMutation({
    mutationFn: async (wanted: Wanted) => {
      const task = await ask(wanted);
      await follow(task);
      return finished(task);
    },
    onSuccess: () => client.invalidateQueries({ queryKey: [KEYS.subscriptions] }),
  });
}
