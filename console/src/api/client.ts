// The one way to the API: a client typed by the generated schema.d.ts.
import createClient from "openapi-fetch";

import { asFailure, refused } from "./failure";
import type { paths } from "./schema";

const client = createClient<paths>({
  credentials: "same-origin",
  // Cross-site pages can't send this header without asking first, and Berth says no.
  headers: { "x-berth-console": "1" },
});

let expired: () => void = () => undefined;

/** Calls `handle` whenever an answer says that there is no session, or no longer. */
export function onSessionExpired(handle: () => void) {
  expired = handle;
}

client.use({
  onResponse({ response, schemaPath }) {
    // Asking who is signed in, and signing in, have a use for 401 of their own.
    if (response.status === 401 && schemaPath !== "/api/session") expired();
  },
});

export const api = client;

/** What was answered; throws a `Failure` for anything but success. */
export async function answer<Data>(
  asked: Promise<{ data?: Data; error?: unknown; response: Response }>,
): Promise<Data> {
  let reply;
  try {
    reply = await asked;
  } catch (thrown) {
    throw isAbort(thrown) ? thrown : asFailure(thrown);
  }
  if (!reply.response.ok) throw refused(reply.response, reply.error);
  return reply.data as Data;
}

/** Whether something was given up on purpose. */
export function isAbort(thrown: unknown): boolean {
  return thrown instanceof DOMException && thrown.name === "AbortError";
}
