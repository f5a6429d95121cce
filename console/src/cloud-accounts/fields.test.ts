import { describe, expect, test } from "vitest";

import type { CloudAccount } from "../api/types";
import { cleaned, EMPTY, type Form, initialForm, type Mode, problems, request } from "./fields";

const ADD: Mode = { kind: "add" };
const GOOD: Form = {
  ...EMPTY,
  name: "production",
  accessKeyId: "AKIAIOSFODNN7EXAMPLE",
  accessSecretKey: "a".repeat(40),
  consoleRoleName: "berth-console",
};
const ACCOUNT: CloudAccount = {
  id: 101,
  name: "production",
  provider: "AWS",
  status: "active",
  statusReason: null,
  accessKeyId: "AKIAIOSFODNN7EXAMPLE",
  awsAccountId: "123456789012",
  consoleRoleName: "berth-console",
  consoleUsername: null,
  signInLoginUrl: "https://123456789012.signin.aws.amazon.com/console",
  usedBy: [],
  createdTimestamp: "2026-01-01T00:00:00Z",
  lastVerifiedTimestamp: "2026-01-01T00:00:00Z",
};
const EDIT: Mode = { kind: "edit", account: ACCOUNT };
const wrong = (change: Partial<Form>, mode: Mode = ADD) =>
  Object.keys(problems({ ...(mode === ADD ? GOOD : initialForm(mode)), ...change }, mode));

describe("adding", () => {
  test("every field is required", () => {
    expect(Object.keys(problems(EMPTY, ADD))).toEqual([
      "name",
      "accessKeyId",
      "accessSecretKey",
      "consoleRoleName",
    ]);
    expect(request(EMPTY, ADD)).toBeNull();
  });

  test("a name is counted in characters, not in UTF-16 units", () => {
    expect(wrong({ name: "🚀".repeat(100) })).toEqual([]);
    expect(wrong({ name: "🚀".repeat(101) })).toEqual(["name"]);
  });

  test("any text may be a name, markup and right-to-left marks too", () => {
    expect(wrong({ name: "<script>alert(1)</script>" })).toEqual([]);
    expect(wrong({ name: "\u202eabc" })).toEqual([]);
    expect(wrong({ name: "a\u0000b" })).toEqual(["name"]);
    expect(wrong({ name: "   " })).toEqual(["name"]);
  });

  test("a temporary key is refused with its own message", () => {
    expect(problems({ ...GOOD, accessKeyId: "ASIAIOSFODNN7EXAMPLE" }, ADD).accessKeyId).toContain(
      "temporary",
    );
    expect(wrong({ accessKeyId: "AKIA" })).toEqual(["accessKeyId"]);
    expect(wrong({ accessKeyId: "akiaiosfodnn7example" })).toEqual(["accessKeyId"]);
    expect(wrong({ accessKeyId: "A".repeat(129) })).toEqual(["accessKeyId"]);
  });

  test("a secret has 40 characters", () => {
    expect(wrong({ accessSecretKey: "a".repeat(39) })).toEqual(["accessSecretKey"]);
    expect(wrong({ accessSecretKey: "a".repeat(41) })).toEqual(["accessSecretKey"]);
    expect(wrong({ accessSecretKey: "-".repeat(40) })).toEqual(["accessSecretKey"]);
  });

  test("a role's name is neither an ARN nor a path", () => {
    expect(wrong({ consoleRoleName: "arn:aws:iam::123456789012:role/berth" })).toEqual(["consoleRoleName"]);
    expect(wrong({ consoleRoleName: "r".repeat(65) })).toEqual(["consoleRoleName"]);
    expect(wrong({ consoleRoleName: "a+=,.@-_Z9" })).toEqual([]);
  });

  test("white space around what was pasted is dropped", () => {
    expect(cleaned("accessKeyId", " AKIA\n")).toBe("AKIA");
    expect(cleaned("name", "two ")).toBe("two ");
    expect(request({ ...GOOD, name: " two words " }, ADD)?.name).toBe("two words");
  });
});

describe("editing", () => {
  test("nothing changed is nothing to save", () => {
    expect(problems(initialForm(EDIT), EDIT)).toEqual({});
    expect(request(initialForm(EDIT), EDIT)).toBeNull();
  });

  test("only what was changed is sent", () => {
    expect(request({ ...initialForm(EDIT), name: "prod" }, EDIT)).toEqual({
      cloudAccountId: 101,
      name: "prod",
    });
  });

  test("a new key comes with its secret, a new secret may come alone", () => {
    expect(wrong({ accessKeyId: "AKIAOTHEROTHEROTHER0" }, EDIT)).toEqual(["accessSecretKey"]);
    expect(wrong({ accessSecretKey: "b".repeat(40) }, EDIT)).toEqual([]);
  });

  test("a console user comes with its password", () => {
    expect(wrong({ consoleUsername: "support" }, EDIT)).toEqual(["consolePassword"]);
    expect(wrong({ consolePassword: "s3cret" }, EDIT)).toEqual(["consoleUsername"]);
    expect(wrong({ consoleUsername: "support", consolePassword: "s3cret" }, EDIT)).toEqual([]);
  });

  test("a role that was there can't be taken away", () => {
    expect(wrong({ consoleRoleName: "" }, EDIT)).toEqual(["consoleRoleName"]);
  });
});
