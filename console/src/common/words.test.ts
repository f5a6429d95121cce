import { expect, test } from "vitest";

import { cause, checkName, conclusion } from "./words";

test("what a verification came to is told in words, and a word unknown here as it is", () => {
  expect(conclusion("refused")).toEqual({ type: "error", text: "Does not work" });
  expect(conclusion("quarantined")).toEqual({ type: "info", text: "quarantined" });
  expect([cause("demand"), cause("rotation")]).toEqual(["Asked for", "rotation"]);
});

test("the check of a role's credentials is not called one of an access key", () => {
  expect(checkName("credentials", "roleArn")).toBe("Role");
  expect(checkName("credentials", "externalId")).toBe("External id");
  expect(checkName("credentials", "accessKeyId")).toBe("Access key");
});
