// Where the results of a verification are shown: on which field, in which colour, or above the form.
import type { Failure } from "../api/failure";
import type { Schemas } from "../api/schemas";
import { sentence } from "../common/words";
import { type Field, LABELS } from "./fields";

type Finding = Schemas["Finding"];
type Statement = Schemas["PolicyStatement"];

/** One thing to tell about a field. */
export interface Note {
  message: string;
  remedy?: string;
}

/** Everything to tell about a field. Red (`error`) keeps the account from being saved, amber does not. */
export interface FieldState {
  level: "error" | "warning";
  notes: Note[];
  /** The policy statements that would grant what is missing, ready to paste. */
  statements: Statement[];
}

/** Everything a verification found out, sorted by where it belongs. */
export interface Placed {
  fields: Partial<Record<Field, FieldState>>;
  /** What belongs to no field of this form. */
  general: (Note & { blocking: boolean })[];
}

/**
 * Sorts findings by the field the server names. What could not be checked because of AWS names none and never
 * colours a field; what could not be checked because of the form (a permission to look is missing) does.
 */
export function place(findings: readonly Finding[], shown: readonly Field[]): Placed {
  const placed: Placed = { fields: {}, general: [] };
  for (const finding of findings) {
    const { verdict, field, blocking, message } = finding;
    if (verdict === "pass") continue;
    const known = shown.find((one) => one === field);
    if (!known) {
      placed.general.push({ message, remedy: finding.remedy ?? undefined, blocking });
      continue;
    }
    const level = blocking ? "error" : "warning";
    const state = (placed.fields[known] ??= { level, notes: [], statements: [] });
    if (level === "error") state.level = level;
    state.notes.push({ message, remedy: withoutStatement(finding) });
    if (finding.statement) state.statements.push(finding.statement);
  }
  for (const state of Object.values(placed.fields)) state.statements = merged(state.statements);
  return placed;
}

/** Sorts what kept a request from being accepted at all. */
export function placeFailure(failure: Failure, shown: readonly Field[]): Placed {
  const placed: Placed = { fields: {}, general: [] };
  const add = (field: string | undefined, message: string) => {
    const known = shown.find((one) => one === field);
    if (known) placed.fields[known] = { level: "error", notes: [{ message }], statements: [] };
    else placed.general.push({ message, blocking: true });
  };
  if (failure.fields.length > 0) {
    for (const { field, message } of failure.fields) {
      const known = shown.find((one) => one === field);
      add(field, sentence(known ? LABELS[known] : field, message));
    }
  } else {
    add(failure.type ? FIELD_OF[failure.type] : undefined, failure.message);
  }
  return placed;
}

const FIELD_OF: Partial<Record<Schemas["Error"]["type"], Field>> = {
  CLOUD_ACCOUNT_NAME_EXISTS: "name",
  CLOUD_ACCOUNT_ACCESS_KEY_EXISTS: "accessKeyId",
  // Of all that a form names, only the external id may not be there.
  NOT_FOUND: "externalId",
};

/** What to tell of the findings that keep an account from working: the `FieldState` of no field in particular. */
export function failures(findings: readonly Finding[]): FieldState {
  return {
    level: "error",
    notes: findings.map((finding) => ({ message: finding.message, remedy: withoutStatement(finding) })),
    statements: merged(findings.flatMap(({ statement }) => statement ?? [])),
  };
}

/** As few statements as grant the same: those on the same resources and conditions become one. */
export function merged(statements: readonly Statement[]): Statement[] {
  const by = new Map<string, Statement>();
  for (const statement of statements) {
    const key = JSON.stringify([statement.Effect, statement.Resource, statement.Condition ?? null]);
    const before = by.get(key);
    by.set(
      key,
      before ? { ...before, Action: [...new Set([...before.Action, ...statement.Action])] } : statement,
    );
  }
  return [...by.values()];
}

/** Statements as they are pasted into the `Statement` list of a policy. */
export function asPolicyText(statements: readonly Statement[]): string {
  return statements.map((statement) => JSON.stringify(statement, null, 2)).join(",\n");
}

/** A remedy in three parts: its words, a whole policy that stands in it, ready to paste, and the words after that. */
export function withPolicy(remedy: string): { before: string; policy?: string; after: string } {
  const [, before = "", json = "", after = ""] = /^([^{]*)(\{.*\})([^}]*)$/s.exec(remedy) ?? [];
  try {
    return { before: before.trim(), policy: JSON.stringify(JSON.parse(json), null, 2), after: after.trim() };
  } catch {
    return { before: remedy, after: "" };
  }
}

/** The remedy's words; the statement in it is shown apart, where it can be copied. */
function withoutStatement({ remedy, statement }: Finding): string | undefined {
  const start = statement && remedy ? remedy.indexOf("{") : -1;
  return start > 0 ? remedy?.slice(0, start).trim() : remedy;
}
