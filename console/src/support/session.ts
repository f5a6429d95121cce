// A session as it is asked for: the server's own rules, told before anything is sent.
import { ConsoleSessionCreate } from "../api/limits";
import { isText, isWhole, range } from "../common/limits";

const { mfaCode, minutes, reason } = ConsoleSessionCreate;

export function reasonProblem(text: string): string | undefined {
  if (text === "") return "Reason is required.";
  return isText(text, reason) ? undefined : `Reason must be ${reason.maxLength} characters or less.`;
}

export function minutesProblem(text: string): string | undefined {
  return isWhole(text, minutes) ? undefined : `Minutes must be a whole number from ${range(minutes)}.`;
}

/** A code may be left out. */
export function mfaCodeProblem(text: string): string | undefined {
  return text === "" || isText(text, mfaCode) ? undefined : "MFA code must be six digits.";
}
