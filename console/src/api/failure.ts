// What went wrong with a request, in words a person can act on.
import type { Schemas } from "./schemas";

/** Something that is wrong, at a path of the request's body. */
export type Problem = Pick<Schemas["FieldProblem"], "field" | "message">;

/** A request that was refused, or that got no answer (then there is no status). */
export class Failure extends Error {
  constructor(
    message: string,
    readonly status: number | null,
    readonly type: Schemas["Error"]["type"] | null = null,
    readonly fields: Problem[] = [],
    /** When it may be asked again, in seconds from now. */
    readonly retryAfter: number | null = null,
  ) {
    super(message);
  }
}

export const UNREACHABLE = "Berth could not be reached. Check your network connection and try again.";

/** A failure from an answer that is not a success, whatever its body looks like. */
export function refused(response: Response, body: unknown): Failure {
  const told = isErrorBody(body) ? body : null;
  const seconds = Number(response.headers.get("retry-after"));
  return new Failure(
    told?.message ?? `Berth answered ${response.status} and did not say why. Try again in a moment.`,
    response.status,
    told?.type ?? null,
    told?.errors ?? [],
    Number.isFinite(seconds) && seconds > 0 ? seconds : null,
  );
}

/** Anything that was thrown, as a failure. */
export function asFailure(thrown: unknown): Failure {
  return thrown instanceof Failure ? thrown : new Failure(UNREACHABLE, null);
}

function isErrorBody(body: unknown): body is Schemas["Error"] {
  return typeof body === "object" && body !== null && "message" in body && typeof body.message === "string";
}
