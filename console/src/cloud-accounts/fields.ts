// The fields of the dialogs and when they are well-formed. The server has the last word; these rules are its
// own, so that nobody waits for an answer to learn of a typing error.
import { CloudAccountFields } from "../api/limits";
import type { Schemas } from "../api/schemas";
import { isText } from "../common/limits";
import type { VerifyRequest } from "../verification/stream";
import type { CloudAccount } from "./queries";

/** A field of the dialogs, named as in the API; what a finding may be about besides is in no field. */
export type Field = Exclude<
  NonNullable<Schemas["Finding"]["field"]>,
  "provider" | "accessMode" | "signInLoginUrl"
>;

/** How Berth gets in. */
export type AccessMode = CloudAccount["accessMode"];

export interface Form extends Record<Field, string> {
  accessMode: AccessMode;
  /** Until when the external id can be used, where it was issued here; empty otherwise. */
  externalIdExpires: string;
}

/** Where the rules are not those of a new account: empty fields stay as they are. */
export type Mode = { kind: "add" } | { kind: "edit"; account: CloudAccount };

export const LABELS: Record<Field, string> = {
  name: "Account name",
  accessKeyId: "AWS access key",
  accessSecretKey: "AWS secret key",
  roleArn: "Role ARN",
  externalId: "External id",
  consoleUsername: "AWS console username",
  consolePassword: "AWS console password",
  consoleRoleName: "IAM role name",
};

export const SECRETS: readonly Field[] = ["accessSecretKey", "consolePassword"];

const ACCESS: Record<AccessMode, readonly Field[]> = {
  keys: ["accessKeyId", "accessSecretKey"],
  role: ["roleArn", "externalId"],
};

/** The fields that a dialog shows. */
export function fieldsOf({ kind }: Mode, by: AccessMode): readonly Field[] {
  const user: readonly Field[] = kind === "edit" ? ["consoleUsername", "consolePassword"] : [];
  return ["name", ...ACCESS[by], ...user, "consoleRoleName"];
}

export const EMPTY: Form = {
  accessMode: "keys",
  externalIdExpires: "",
  name: "",
  accessKeyId: "",
  accessSecretKey: "",
  roleArn: "",
  externalId: "",
  consoleUsername: "",
  consolePassword: "",
  consoleRoleName: "",
};

/** What a dialog starts with. Secrets never come back from the server. */
export function initialForm(mode: Mode): Form {
  if (mode.kind === "add") return EMPTY;
  const { name, accessMode, accessKeyId, roleArn, externalId, consoleUsername, consoleRoleName } =
    mode.account;
  return {
    ...EMPTY,
    name,
    accessMode,
    accessKeyId: accessKeyId ?? "",
    roleArn: roleArn ?? "",
    externalId: externalId ?? "",
    consoleUsername: consoleUsername ?? "",
    consoleRoleName: consoleRoleName ?? "",
  };
}

/** What is wrong with the fields as they stand; empty when all are well-formed. */
export function problems(form: Form, mode: Mode): Partial<Record<Field, string>> {
  const found: Partial<Record<Field, string>> = {};
  for (const field of fieldsOf(mode, form.accessMode)) {
    const problem = form[field] === "" ? missing(field, form, mode) : malformed(field, form[field]);
    if (problem) found[field] = problem;
  }
  return found;
}

/**
 * What to ask the server to verify, and then to save; `null` while a field is not well-formed or, in an edit,
 * nothing was changed.
 */
export function request(form: Form, mode: Mode): VerifyRequest | null {
  if (Object.keys(problems(form, mode)).length > 0) return null;
  const { name, accessMode, accessKeyId, accessSecretKey, roleArn, externalId, consoleRoleName } = form;
  if (mode.kind === "add") {
    const access =
      accessMode === "keys" ? { accessKeyId, accessSecretKey } : { accessMode, roleArn, externalId };
    return { name: name.trim(), ...access, consoleRoleName };
  }
  const before = initialForm(mode);
  const after = { ...form, name: name.trim() };
  const changed = fieldsOf(mode, accessMode).filter((field) => after[field] !== before[field]);
  if (changed.length === 0) return null;
  return {
    cloudAccountId: mode.account.id,
    ...(accessMode !== before.accessMode && { accessMode }),
    ...Object.fromEntries(changed.map((field) => [field, after[field]])),
  };
}

/** What a key, a secret or a role's name can't begin or end with, but what comes along when one is pasted. */
export function cleaned(field: Field, typed: string): string {
  return field === "name" || field === "consolePassword" ? typed : typed.trim();
}

function missing(field: Field, form: Form, mode: Mode): string | null {
  const mayBe = mode.kind === "edit" ? UNCHANGED[field] : undefined;
  return mayBe ? mayBe(form, initialForm(mode)) : `${LABELS[field]} is required.`;
}

/** What is wrong with a field that is left empty in an edit, where it may be. */
const UNCHANGED: Partial<Record<Field, (form: Form, before: Form) => string | null>> = {
  accessSecretKey: (form, before) =>
    form.accessKeyId === before.accessKeyId ? null : "A new access key comes with its secret key.",
  consolePassword: (form, before) =>
    form.consoleUsername === before.consoleUsername
      ? null
      : "A new console username comes with its password.",
  consoleUsername: (form, before) => {
    if (before.consoleUsername) return "The console username can be changed, but not taken away.";
    return form.consolePassword ? "A console password needs a username." : null;
  },
  consoleRoleName: (_, before) => (before.consoleRoleName ? `${LABELS.consoleRoleName} is required.` : null),
};

const IAM_NAME = "must be 1 to 64 letters, digits or + = , . @ _ -, without the ARN and without a path.";

/** What is told of a field that is not as openapi.json has it. */
const RULES: Partial<Record<Field, string>> = {
  accessKeyId: "must be 16 to 128 characters of A–Z and 0–9, such as AKIAIOSFODNN7EXAMPLE.",
  accessSecretKey: "must be the 40 characters that AWS showed when the access key was created.",
  roleArn: "must be the whole ARN of a role, such as arn:aws:iam::123456789012:role/berth-access.",
  externalId: "must be as Berth issued it: letters, digits or _ + = , . @ : / -.",
  consoleUsername: IAM_NAME,
  consoleRoleName: IAM_NAME,
};

function malformed(field: Field, typed: string): string | null {
  const text = field === "name" ? typed.trim() : typed;
  const limits = CloudAccountFields[field];
  if (text === "") return `${LABELS[field]} is required.`;
  if (field === "accessKeyId" && text.startsWith("ASIA")) {
    return "This is a temporary access key (it starts with ASIA) and would stop working within hours. Create a long-lived access key for the IAM user.";
  }
  if (isText(text, limits)) return null;
  const rule = RULES[field] ?? `must be ${limits.maxLength} characters or less, without control characters.`;
  return `${LABELS[field]} ${rule}`;
}
