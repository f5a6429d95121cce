import { queryOptions } from "@tanstack/react-query";

import { answer, api } from "../../api/client";
import { KEYS } from "../../api/query-client";

export const allowListQuery = (id: number) =>
  queryOptions({
    queryKey: [KEYS.subscriptions, id, "allow-list"],
    queryFn: ({ signal }) =>
      answer(api.GET("/api/subscriptions/{id}/allow-list", { params: { path: { id } }, signal })),
  });

export const maintenanceWindowsQuery = (id: number) =>
  queryOptions({
    queryKey: [KEYS.subscriptions, id, "maintenance-windows"],
    queryFn: ({ signal }) =>
      answer(api.GET("/v1/subscriptions/{id}/maintenance-windows", { params: { path: { id } }, signal })),
  });
