import { describe, expect, it } from "vitest";

import { everyDays, type Rotation, standing } from "./rotation";

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
    expect(standing(rotation("verifying")).undo).toBe("cancel");
    expect(standing(rotation("grace")).undo).toBeUndefined();
    expect(standing(rotation("observing")).undo).toBe("reactivate");
    expect(standing(rotation("completed")).undo).toBeUndefined();
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
