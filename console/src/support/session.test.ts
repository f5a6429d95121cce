import { expect, test } from "vitest";

import { mfaCodeProblem, minutesProblem, reasonProblem } from "./session";

test.each(["15", "30", "60", " 45 "])("%j minutes are fine", (text) => {
  expect(minutesProblem(text)).toBeUndefined();
});

test.each(["", "14", "61", "15.5", "1e1", "-20", "half an hour"])("%j minutes are not", (text) => {
  expect(minutesProblem(text)).toMatch(/15 to 60/);
});

test("a reason is given, and not too long a one", () => {
  expect(reasonProblem("Ticket 4711")).toBeUndefined();
  expect(reasonProblem("")).toContain("required");
  expect(reasonProblem("x".repeat(501))).toContain("500");
});

test("a second factor is six digits, or none", () => {
  expect(["", "123456"].map(mfaCodeProblem)).toEqual([undefined, undefined]);
  expect(["12345", "abcdef"].map((code) => mfaCodeProblem(code) === undefined)).toEqual([false, false]);
});
