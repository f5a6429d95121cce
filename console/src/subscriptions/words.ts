import type { ThroughputRequest } from "../api/limits";
import type { OneOf, Schemas } from "../api/schemas";
import { count, type Shown, shown } from "../common/words";

type Status = Schemas["Subscription"]["status"];

export const STATUSES: Record<Status, Shown> = {
  active: { type: "success", text: "Active" },
  pending: { type: "in-progress", text: "Pending" },
  deleting: { type: "in-progress", text: "Deleting" },
  error: { type: "error", text: "Error" },
};

/** Whether it still changes by itself, so that it is worth looking again. */
export function isMoving({ status }: { status: Status }): boolean {
  return shown(STATUSES, status).type === "in-progress";
}

export const THROUGHPUTS: Record<OneOf<typeof ThroughputRequest.by>, string> = {
  "operations-per-second": "operations per second",
  "number-of-shards": "shards",
};

/** "1 difference", "3 differences". */
export function driftCount(drift: number): string {
  return count(drift, "difference");
}
