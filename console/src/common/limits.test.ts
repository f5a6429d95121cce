import { expect, test } from "vitest";

import { isNumber, isText, isWhole, range } from "./limits";

test("a text is counted in characters, and its pattern is the whole text's when it says so", () => {
  expect(isText("🚀🚀", { maxLength: 2 })).toBe(true);
  expect(isText("🚀🚀🚀", { maxLength: 2 })).toBe(false);
  expect(["abc", "abc!"].map((text) => isText(text, { pattern: "^[a-z]+$" }))).toEqual([true, false]);
});

test.each([
  ["1", true],
  [" 60 ", true],
  ["0", false],
  ["61", false],
  ["1.5", false],
  ["1e1", false],
  ["", false],
])("%j is a whole number from 1 to 60: %s", (text, expected) => {
  expect(isWhole(text, { minimum: 1, maximum: 60 })).toBe(expected);
});

test("a number may have a fraction, and no end", () => {
  expect(["0.1", "0.09", "x", ""].map((text) => isNumber(text, { minimum: 0.1 }))).toEqual([
    true,
    false,
    false,
    false,
  ]);
  expect(range({ minimum: 0.1, maximum: 10_000 })).toBe("0.1 to 10,000");
});
