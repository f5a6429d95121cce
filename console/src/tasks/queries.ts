import { queryOptions } from "@tanstack/react-query";

import { answer, api } from "../api/client";

export const tasksQuery = queryOptions({
  queryKey: ["tasks"],
  queryFn: async ({ signal }) => (await answer(api.GET("/v1/tasks", { signal }))).tasks,
});

/** What the verification that is part of a task found. */
export const findingsQuery = (id: string) =>
  queryOptions({
    queryKey: ["tasks", id, "findings"],
    queryFn: async ({ signal }) =>
      (await answer(api.GET("/api/tasks/{id}/findings", { params: { path: { id } }, signal }))).findings,
  });
