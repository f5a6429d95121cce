// What a rotation's state means to the person who watches it.
import { RotationSchedule } from "../../api/limits";
import type { Schemas } from "../../api/schemas";
import { isWhole } from "../../common/limits";
import { type Shown, shown } from "../../common/words";

export type Rotation = Schemas["Rotation"];

interface State extends Shown {
  /** What somebody can do about it. */
  undo?: "cancel" | "reactivate";
}

const STATES: Record<Rotation["state"], State> = {
  checking: { type: "in-progress", text: "Checking", undo: "cancel" },
  creating: { type: "in-progress", text: "Creating the new key", undo: "cancel" },
  verifying: { type: "in-progress", text: "Verifying the new key", undo: "cancel" },
  grace: { type: "pending", text: "New key in force, old key watched" },
  deactivating: { type: "in-progress", text: "Switching the old key off" },
  observing: { type: "pending", text: "Old key off", undo: "reactivate" },
  reactivating: { type: "in-progress", text: "Switching the old key on" },
  deleting: { type: "in-progress", text: "Deleting the old key" },
  "rolling-back": { type: "in-progress", text: "Taking the new key back" },
  "cleaning-up": { type: "in-progress", text: "Deleting the new key" },
  completed: { type: "success", text: "Completed" },
  "rolled-back": { type: "stopped", text: "Rolled back" },
  failed: { type: "error", text: "Failed" },
  superseded: { type: "stopped", text: "Superseded" },
};

/** An indicator and words for where a rotation stands, and what somebody can do about it now. */
export function standing({ state, needsAttention, finishedTimestamp }: Rotation): State {
  const found: State = shown(STATES, state);
  return needsAttention && !finishedTimestamp ? { ...found, type: "warning" } : found;
}

export const DAYS = RotationSchedule.everyDays;

/** Days as they were typed: a number, `null` for the operator's default, `undefined` when they can't be. */
export function everyDays(typed: string): number | null | undefined {
  if (typed.trim() === "") return null;
  return isWhole(typed, DAYS) ? Number(typed) : undefined;
}
