import { expect, test } from "vitest";

import { minutesProblem } from "./minutes";

test.each(["15", "30", "60", " 45 "])("%j minutes are fine", (text) => {
  expect(minutesProblem(text)).toBeUndefined();
});

test.each(["", "14", "61", "15.5", "1e1", "-20", "half an hour"])("%j minutes are not", (text) => {
  expect(minutesProblem(text)).toMatch(/15 to 60/);
});
