import { queryOptions } from "@tanstack/react-query";

import { answer, api } from "../../api/client";

/** How the nodes of a deployment do. */
export const monitoringQuery = (id: string) =>
  queryOptions({
    queryKey: ["deployments", id, "monitoring"],
    queryFn: ({ signal }) =>
      answer(api.GET("/api/deployments/{id}/monitoring", { params: { path: { id } }, signal })),
  });
