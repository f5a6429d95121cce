// What a verification checks and comes to, in words.
import type { Schemas } from "../api/schemas";
import { type Shown, word } from "../common/words";

type Finding = Schemas["Finding"];

export const CHECKS: Record<Finding["check"], string> = {
  credentials: "Access key",
  "sign-in-url": "Sign-in address",
  "console-role": "Console role",
  "console-role-trust": "Console role's trust",
  "console-role-mfa": "Console role's second factor",
  "console-user": "Console user",
  permission: "Permissions",
  "node-role": "Node role",
  "instance-profile": "Instance profile",
  "access-key-age": "Access key's age",
  "access-key-count": "Number of access keys",
  "access-key-use": "Other use of the access key",
  registration: "Registered before",
  "policy-breadth": "Breadth of the policies",
  quotas: "Quotas",
  region: "Region",
};

/** What was checked. */
export function nameOf({ check, field }: Pick<Finding, "check" | "field">): string {
  if (check === "credentials" && field === "roleArn") return "Role";
  if (check === "credentials" && field === "externalId") return "External id";
  return word(CHECKS, check);
}

export const VERDICTS: Record<Finding["verdict"], Shown> = {
  pass: { type: "success", text: "passed" },
  warn: { type: "warning", text: "warning" },
  fail: { type: "error", text: "failed" },
  unknown: { type: "stopped", text: "could not be checked" },
};

type Conclusion = Schemas["Verification"]["conclusion"];

/** What a verification came to. */
export const CONCLUSIONS: Record<Conclusion, Shown> = {
  verified: { type: "success", text: "Works" },
  refused: { type: "error", text: "Does not work" },
  unconfirmed: { type: "stopped", text: "Could not be checked" },
};

/** The same to somebody who fills in a form. */
export const OF_FORM: Record<Conclusion, Shown> = {
  verified: { type: "success", text: "Access is verified" },
  refused: { type: "error", text: "Access is refused: see the fields in red" },
  unconfirmed: { type: "stopped", text: "Access could not be verified" },
};

/** What made a verification happen. */
export const CAUSES: Record<Schemas["Verification"]["cause"], string> = {
  schedule: "Scheduled",
  demand: "Asked for",
  task: "Added or changed",
};
