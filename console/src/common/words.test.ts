import { expect, test } from "vitest";

import { CHECKS, CONCLUSIONS, nameOf } from "../verification/words";
import { sentence, shown, word } from "./words";

test("a value is told in words, and one unknown here as it is", () => {
  expect(shown(CONCLUSIONS, "refused")).toEqual({ type: "error", text: "Does not work" });
  expect(shown(CONCLUSIONS, "quarantined" as "refused")).toEqual({ type: "info", text: "quarantined" });
  expect(word(CHECKS, "toString" as "quotas")).toBe("toString");
});

test("the check of a role's credentials is not called one of an access key", () => {
  expect(nameOf({ check: "credentials", field: "roleArn" })).toBe("Role");
  expect(nameOf({ check: "credentials", field: "externalId" })).toBe("External id");
  expect(nameOf({ check: "credentials", field: "accessKeyId" })).toBe("Access key");
});

test("the server's words become a sentence, once", () => {
  expect(sentence("Name", "is taken")).toBe("Name is taken.");
  expect(sentence("Name", "is taken.")).toBe("Name is taken.");
});
