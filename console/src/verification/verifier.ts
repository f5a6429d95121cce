// Keeps one verification going: the one of what stands in the form now. Knows nothing of React.
import { isAbort } from "../api/client";
import { asFailure, type Failure } from "../api/failure";
import type { Schemas } from "../api/schemas";
import type { VerifyEvent, VerifyRequest } from "./stream";

type Finding = Schemas["Finding"];

/** Where the verification of `request` stands. */
export type Snapshot =
  | { phase: "idle" }
  /** A pause in typing is waited for, or (`retryAt`, in ms of the clock) the time when Berth lets us ask again. */
  | { phase: "waiting"; request: VerifyRequest; retryAt?: number }
  | { phase: "running"; request: VerifyRequest; findings: Finding[] }
  | ({ phase: "done"; request: VerifyRequest; findings: Finding[] } & Schemas["VerificationDone"])
  | { phase: "failed"; request: VerifyRequest; findings: Finding[]; failure: Failure };

export type Verify = (request: VerifyRequest, signal: AbortSignal) => AsyncIterable<VerifyEvent>;

const TYPING_PAUSE_MS = 700;

/** Whether exactly this was verified, and found good: the only thing that makes a save button active. */
export function isVerified(snapshot: Snapshot, request: VerifyRequest | null): boolean {
  return isAbout(snapshot, request) && snapshot.phase === "done" && snapshot.conclusion === "verified";
}

/** Whether the snapshot says something about this very request, not about an earlier one. */
export function isAbout(snapshot: Snapshot, request: VerifyRequest | null): boolean {
  return request !== null && snapshot.phase !== "idle" && same(snapshot.request, request);
}

export class Verifier {
  #snapshot: Snapshot = { phase: "idle" };
  #listeners = new Set<() => void>();
  #timer: ReturnType<typeof setTimeout> | undefined;
  #run: AbortController | undefined;

  constructor(
    private readonly verify: Verify,
    private readonly pauseMs = TYPING_PAUSE_MS,
  ) {}

  readonly snapshot = () => this.#snapshot;

  readonly subscribe = (listener: () => void) => {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  };

  /** What is to be verified from now on. What was asked for another request is given up. */
  want(request: VerifyRequest | null) {
    if (request === null) {
      this.#giveUp();
      if (this.#snapshot.phase !== "idle") this.#set({ phase: "idle" });
    } else if (!isAbout(this.#snapshot, request)) {
      this.#wait(request, this.pauseMs);
    }
  }

  /** Verifies the same once more, at once. */
  again() {
    if (this.#snapshot.phase !== "idle") this.#start(this.#snapshot.request);
  }

  /** Gives up whatever goes on. */
  readonly stop = () => {
    this.#giveUp();
    this.#set({ phase: "idle" });
  };

  #wait(request: VerifyRequest, milliseconds: number, retryAt?: number) {
    this.#giveUp();
    this.#set({ phase: "waiting", request, retryAt });
    this.#timer = setTimeout(() => this.#start(request), milliseconds);
  }

  #start(request: VerifyRequest) {
    this.#giveUp();
    const run = new AbortController();
    this.#run = run;
    this.#set({ phase: "running", request, findings: [] });
    void this.#follow(request, run);
  }

  async #follow(request: VerifyRequest, run: AbortController) {
    const findings: Finding[] = [];
    // An answer can arrive after its run was given up: it must not be taken for the current one's.
    const current = () => this.#run === run;
    try {
      for await (const event of this.verify(request, run.signal)) {
        if (!current()) return;
        if ("finding" in event) {
          findings.push(event.finding);
          this.#set({ phase: "running", request, findings: [...findings] });
        } else {
          this.#set({ phase: "done", request, findings: [...findings], conclusion: event.conclusion });
        }
      }
    } catch (thrown) {
      if (!current() || isAbort(thrown)) return;
      const failure = asFailure(thrown);
      if (failure.status === 429) {
        const seconds = failure.retryAfter ?? 10;
        this.#wait(request, seconds * 1000, Date.now() + seconds * 1000);
      } else {
        this.#set({ phase: "failed", request, findings, failure });
      }
    }
  }

  #giveUp() {
    clearTimeout(this.#timer);
    this.#run?.abort();
    this.#run = undefined;
  }

  #set(snapshot: Snapshot) {
    this.#snapshot = snapshot;
    for (const listener of this.#listeners) listener();
  }
}

function same(one: VerifyRequest, other: VerifyRequest): boolean {
  const keys = new Set([...Object.keys(one), ...Object.keys(other)]) as Set<keyof VerifyRequest>;
  return [...keys].every((key) => one[key] === other[key]);
}
