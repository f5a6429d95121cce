import { useQueryClient } from "@tanstack/react-query";
import { useCallback } from "react";

import type { Schemas } from "../api/schemas";
import { follow } from "./followed";
import { tasksQuery } from "./queries";

/** Follows a task from the answer that announced it. */
export function useFollowTask() {
  const client = useQueryClient();
  return useCallback(
    async (task: Schemas["Task"]) => {
      follow(task.taskId);
      // An answer under way could be older than the task.
      await client.cancelQueries({ queryKey: tasksQuery.queryKey, exact: true });
      client.setQueryData(tasksQuery.queryKey, (tasks) => [task, ...(tasks ?? [])]);
    },
    [client],
  );
}
