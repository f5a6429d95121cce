import { expect, test } from "vitest";

import { csv } from "./csv";

test("what separates is quoted, and quotes are doubled", () => {
  expect(csv([["a,b", 'say "hi"', "two\nlines", 5, null]])).toBe('"a,b","say ""hi""","two\nlines",5,\r\n');
});

test("what a spreadsheet would run as a formula is made harmless", () => {
  expect(csv([["=HYPERLINK(1)", "+1", "-1", "@x", -1]])).toBe("'=HYPERLINK(1),'+1,'-1,'@x,-1\r\n");
});
