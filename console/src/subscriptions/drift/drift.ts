// Drift in words: who did it, and whether a check that was asked for has been made.
import type { Schemas } from "../../api/schemas";

type DriftReport = Schemas["DeploymentDrift"];

/** Who made a change, as far as CloudTrail told, in one sentence. */
export function whoDid(by: Schemas["DriftFinding"]["by"]): string {
  if (!by) return "CloudTrail was not asked.";
  if (by.who) return by.event ? `${by.who}, by ${by.event}` : by.who;
  return by.unknownBecause ?? "CloudTrail does not know.";
}

/** When each deployment was last compared with AWS. */
export type Compared = Record<string, string | null>;

export function compared(reports: DriftReport[]): Compared {
  return Object.fromEntries(reports.map((one) => [one.deploymentId, one.comparedTimestamp]));
}

/** Whether every deployment was compared again since `before`. */
export function isChecked(before: Compared, reports: DriftReport[]): boolean {
  return reports.every((one) => one.comparedTimestamp !== (before[one.deploymentId] ?? null));
}
