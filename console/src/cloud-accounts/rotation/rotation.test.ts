import { describe, expect, it } from "vitest";

import type { Rotation } from "../../api/schemas";
import { everyDays, standing, undo } from "./rotation";

const rotation = (state: Rotation["state"], more: Partial<Rotation> = {}) =>
  ({ state, needsAttention: false, finishedTimestamp: null, ...more }) as Rotation;

describe("a rotation", () => {
  it("warns while it needs attention, and not once it has ended", () => {
    expect(standing(rotation("grace")).type).toBe("pending");
    expect(standing(rotation("grace", { needsAttention: true })).type).toBe("warning");
    const ended = { needsAttention: true, finishedTimestamp: "2026-01-01T00:00:00Z" };
    expect(standing(rotation("failed", ended)).type).toBe("error");
  });

  it("can be cancelled before the swap, and undone while the old key is off", () => {
    expect(undo(rotation("verifying"))).toBe("cancel");
    expect(undo(rotation("grace"))).toBeNull();
    expect(undo(rotation("observing"))).toBe("reactivate");
    expect(undo(rotation("completed"))).toBeNull();
  });
});

describe("a schedule", () => {
  it.each([
    ["", null],
    ["0", 0],
    [" 90 ", 90],
    ["3650", 3650],
    ["3651", undefined],
    ["-1", undefined],
    ["1.5", undefined],
    ["often", undefined],
  ])("reads %j", (typed, days) => expect(everyDays(typed)).toBe(days));
});
