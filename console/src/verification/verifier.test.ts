import { afterEach, beforeEach, expect, test, vi } from "vitest";

import { Failure } from "../api/failure";
import type { Schemas } from "../api/schemas";
import type { VerifyEvent, VerifyRequest } from "./stream";
import { isAbout, isVerified, Verifier } from "./verifier";

beforeEach(() => void vi.useFakeTimers());
afterEach(() => void vi.useRealTimers());

const PAUSE = 700;
const form = (name: string): VerifyRequest => ({ name });
const finding = (message: string): Schemas["Finding"] => ({
  check: "credentials",
  verdict: "pass",
  blocking: false,
  message,
});

/** A server whose answers are sent by hand, and which does not care that a request was given up. */
class Server {
  requests: { request: VerifyRequest; signal: AbortSignal; send: (event: VerifyEvent | Error) => void }[] =
    [];

  verify = (request: VerifyRequest, signal: AbortSignal): AsyncIterable<VerifyEvent> => {
    const waiting: ((event: VerifyEvent | Error) => void)[] = [];
    const sent: (VerifyEvent | Error)[] = [];
    this.requests.push({
      request,
      signal,
      send: (event) => (waiting.length > 0 ? waiting.shift()?.(event) : sent.push(event)),
    });
    return {
      async *[Symbol.asyncIterator]() {
        for (;;) {
          const event = sent.shift() ?? (await new Promise<VerifyEvent | Error>((go) => waiting.push(go)));
          if (event instanceof Error) throw event;
          yield event;
          if ("conclusion" in event) return;
        }
      },
    };
  };

  async send(index: number, event: VerifyEvent | Error) {
    this.requests[index]?.send(event);
    await vi.advanceTimersByTimeAsync(0);
  }
}

function start() {
  const server = new Server();
  return { server, verifier: new Verifier(server.verify, PAUSE) };
}

test("nothing is asked before a pause in typing, and then only for the last", async () => {
  const { server, verifier } = start();
  for (const name of ["a", "ab", "abc"]) {
    verifier.want(form(name));
    await vi.advanceTimersByTimeAsync(PAUSE - 1);
  }
  expect(server.requests).toHaveLength(0);
  await vi.advanceTimersByTimeAsync(1);
  expect(server.requests.map((one) => one.request.name)).toEqual(["abc"]);
});

test("findings show as they come, and only the conclusion verifies", async () => {
  const { server, verifier } = start();
  verifier.want(form("a"));
  await vi.advanceTimersByTimeAsync(PAUSE);
  await server.send(0, { finding: finding("one") });
  expect(verifier.snapshot()).toMatchObject({ phase: "running", findings: [{ message: "one" }] });
  expect(isVerified(verifier.snapshot(), form("a"))).toBe(false);
  await server.send(0, { conclusion: "verified" });
  expect(isVerified(verifier.snapshot(), form("a"))).toBe(true);
});

test("an edit after the verification undoes it in the same moment", async () => {
  const { server, verifier } = start();
  verifier.want(form("a"));
  await vi.advanceTimersByTimeAsync(PAUSE);
  await server.send(0, { conclusion: "verified" });
  // Before the verifier has even been told.
  expect(isVerified(verifier.snapshot(), form("ab"))).toBe(false);
  expect(isVerified(verifier.snapshot(), null)).toBe(false);
});

test("typing back what was verified just now needs no new check", async () => {
  const { server, verifier } = start();
  verifier.want(form("a"));
  await vi.advanceTimersByTimeAsync(PAUSE);
  await server.send(0, { conclusion: "verified" });
  verifier.want(form("a"));
  expect(isVerified(verifier.snapshot(), form("a"))).toBe(true);
  expect(server.requests).toHaveLength(1);
});

test("a newer verification cancels the older, whose late answers count for nothing", async () => {
  const { server, verifier } = start();
  verifier.want(form("old"));
  await vi.advanceTimersByTimeAsync(PAUSE);
  verifier.want(form("new"));
  expect(server.requests[0]?.signal.aborted).toBe(true);
  await vi.advanceTimersByTimeAsync(PAUSE);
  await server.send(1, { finding: finding("of the new") });
  await server.send(0, { finding: finding("of the old") });
  await server.send(0, { conclusion: "verified" });
  expect(verifier.snapshot()).toMatchObject({ phase: "running", findings: [{ message: "of the new" }] });
  await server.send(1, { conclusion: "refused" });
  expect(verifier.snapshot()).toMatchObject({ phase: "done", conclusion: "refused" });
  expect(isVerified(verifier.snapshot(), form("old"))).toBe(false);
  expect(isVerified(verifier.snapshot(), form("new"))).toBe(false);
});

test("an old failure that arrives late does not disturb the new verification", async () => {
  const { server, verifier } = start();
  verifier.want(form("old"));
  await vi.advanceTimersByTimeAsync(PAUSE);
  verifier.want(form("new"));
  await vi.advanceTimersByTimeAsync(PAUSE);
  await server.send(1, { conclusion: "verified" });
  await server.send(0, new Failure("too late", 503));
  expect(isVerified(verifier.snapshot(), form("new"))).toBe(true);
});

test("an answer that arrives while a new pause is waited for is not taken", async () => {
  const { server, verifier } = start();
  verifier.want(form("old"));
  await vi.advanceTimersByTimeAsync(PAUSE);
  verifier.want(form("new"));
  await server.send(0, { conclusion: "verified" });
  expect(verifier.snapshot()).toMatchObject({ phase: "waiting", request: { name: "new" } });
});

test("a form that is no longer well-formed stops everything", async () => {
  const { server, verifier } = start();
  verifier.want(form("a"));
  await vi.advanceTimersByTimeAsync(PAUSE);
  verifier.want(null);
  expect(server.requests[0]?.signal.aborted).toBe(true);
  await server.send(0, { conclusion: "verified" });
  expect(verifier.snapshot()).toEqual({ phase: "idle" });
});

test("a failure is kept until asked again", async () => {
  const { server, verifier } = start();
  verifier.want(form("a"));
  await vi.advanceTimersByTimeAsync(PAUSE);
  await server.send(0, new Failure("down", 503));
  expect(verifier.snapshot()).toMatchObject({ phase: "failed", failure: { message: "down" } });
  expect(isAbout(verifier.snapshot(), form("a"))).toBe(true);
  verifier.again();
  await server.send(1, { conclusion: "verified" });
  expect(isVerified(verifier.snapshot(), form("a"))).toBe(true);
});

test("when there were too many checks, it waits as long as it was told and asks by itself", async () => {
  const { server, verifier } = start();
  verifier.want(form("a"));
  await vi.advanceTimersByTimeAsync(PAUSE);
  await server.send(0, new Failure("too many", 429, null, [], 20));
  expect(verifier.snapshot()).toMatchObject({ phase: "waiting" });
  await vi.advanceTimersByTimeAsync(19_999);
  expect(server.requests).toHaveLength(1);
  await vi.advanceTimersByTimeAsync(1);
  expect(server.requests).toHaveLength(2);
});
