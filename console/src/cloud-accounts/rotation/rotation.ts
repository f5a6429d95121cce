// What a rotation's state means to the person who watches it.
import type { Rotation } from "../../api/schemas";

type Kind = "success" | "in-progress" | "pending" | "warning" | "error" | "stopped";

const STATES: Record<Rotation["state"], [Kind, string]> = {
  checking: ["in-progress", "Checking"],
  creating: ["in-progress", "Creating the new key"],
  verifying: ["in-progress", "Verifying the new key"],
  grace: ["pending", "New key in force, old key watched"],
  deactivating: ["in-progress", "Switching the old key off"],
  observing: ["pending", "Old key off"],
  reactivating: ["in-progress", "Switching the old key on"],
  deleting: ["in-progress", "Deleting the old key"],
  "rolling-back": ["in-progress", "Taking the new key back"],
  "cleaning-up": ["in-progress", "Deleting the new key"],
  completed: ["success", "Completed"],
  "rolled-back": ["stopped", "Rolled back"],
  failed: ["error", "Failed"],
  superseded: ["stopped", "Superseded"],
};

/** An indicator and words for where a rotation stands. */
export function standing({ state, needsAttention, finishedTimestamp }: Rotation): {
  type: Kind;
  text: string;
} {
  const [type, text] = STATES[state];
  return { type: needsAttention && !finishedTimestamp ? "warning" : type, text };
}

/** What somebody can do about a rotation now. */
export function undo({ state }: Rotation): "cancel" | "reactivate" | null {
  if (state === "checking" || state === "creating" || state === "verifying") return "cancel";
  return state === "observing" ? "reactivate" : null;
}

/** Days as they were typed: a number, `null` for the operator's default, `undefined` when they can't be. */
export function everyDays(typed: string): number | null | undefined {
  if (typed.trim() === "") return null;
  const days = Number(typed);
  return Number.isInteger(days) && days >= 0 && days <= 3650 ? days : undefined;
}
