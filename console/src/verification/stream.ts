// The live verification of a cloud account: findings as they are made, then the conclusion.
import { api, isAbort } from "../api/client";
import { asFailure, Failure, refused } from "../api/failure";
import type { Schemas } from "../api/schemas";
import { events } from "./events";

/** What stands in a form, to be verified and then saved. */
export type VerifyRequest = Schemas["CloudAccountVerify"];

/** What the stream says. */
export type VerifyEvent = { finding: Schemas["Finding"] } | Schemas["VerificationDone"];

/** Asks for a verification of what stands in a form; ends after the conclusion, or throws a `Failure`. */
export function verify(request: VerifyRequest, signal: AbortSignal): AsyncGenerator<VerifyEvent> {
  return follow(() => api.POST("/api/cloud-accounts/verify", { body: request, signal, parseAs: "stream" }));
}

/** Verifies a registered account with what is stored of it: its status and its history follow. */
export function verifyStored(id: number, signal: AbortSignal): AsyncGenerator<VerifyEvent> {
  return follow(() =>
    api.POST("/api/cloud-accounts/{id}/verifications", {
      params: { path: { id } },
      signal,
      parseAs: "stream",
    }),
  );
}

interface Streamed {
  data?: ReadableStream<Uint8Array> | null;
  error?: unknown;
  response: Response;
}

async function* follow(ask: () => Promise<Streamed>): AsyncGenerator<VerifyEvent> {
  try {
    const { data, error, response } = await ask();
    if (!response.ok || !data) throw refused(response, error);
    for await (const { event, data: text } of events(data)) {
      if (event === "finding") yield { finding: JSON.parse(text) as Schemas["Finding"] };
      if (event === "done") {
        yield JSON.parse(text) as Schemas["VerificationDone"];
        return;
      }
    }
  } catch (thrown) {
    throw isAbort(thrown) ? thrown : asFailure(thrown);
  }
  throw new Failure("The connection to Berth broke off before all checks were made. Check again.", null);
}
