// Changing a subscription: asked for by a request that makes a task, and done when that is finished.
import { useMutation, useQueryClient } from "@tanstack/react-query";

import { subscriptionsQuery } from "../api/query-client";
import { finished } from "../tasks/finished";
import type { Task } from "../api/schemas";
import { useFollowTask } from "../tasks/tracker";

/** A mutation that lasts until its task is finished, and whose failure is the task's. */
export function useChange<Wanted>(ask: (wanted: Wanted) => Promise<Task>) {
  const client = useQueryClient();
  const follow = useFollowTask();
  return useMutation({
    mutationFn: async (wanted: Wanted) => {
      const task = await ask(wanted);
      await follow(task);
      return finished(task);
    },
    onSuccess: () => client.invalidateQueries({ queryKey: subscriptionsQuery.queryKey }),
  });
}
