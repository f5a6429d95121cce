import { describe, expect, test } from "vitest";

import { cleaned, EMPTY, fieldsOf, type Form, initialForm, type Mode, problems, request } from "./fields";
import type { CloudAccount } from "./queries";

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
  failingSince: null,
  failingFindings: [],
  accessMode: "keys",
  accessKeyId: "AKIAIOSFODNN7EXAMPLE",
  roleArn: null,
  externalId: null,
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

describe("by role", () => {
  const ROLE: Form = {
    ...GOOD,
    accessMode: "role",
    accessKeyId: "",
    accessSecretKey: "",
    roleArn: "arn:aws:iam::123456789012:role/berth-access",
    externalId: "berth-Wm3ePZ8sWn1nV5r0q2Xc7TtYb4Lk9HdA",
  };
  const BY_ROLE: Mode = {
    kind: "edit",
    account: {
      ...ACCOUNT,
      accessMode: "role",
      accessKeyId: null,
      roleArn: ROLE.roleArn,
      externalId: ROLE.externalId,
    },
  };

  test("a role and its external id are asked for, and no key", () => {
    expect(fieldsOf(ADD, "role")).toEqual(["name", "roleArn", "externalId", "consoleRoleName"]);
    expect(Object.keys(problems({ ...EMPTY, accessMode: "role" }, ADD))).toEqual([
      "name",
      "roleArn",
      "externalId",
      "consoleRoleName",
    ]);
    expect(request(ROLE, ADD)).toEqual({
      name: "production",
      accessMode: "role",
      roleArn: ROLE.roleArn,
      externalId: ROLE.externalId,
      consoleRoleName: "berth-console",
    });
  });

  test("what was typed for a key before is not sent", () => {
    expect(request({ ...ROLE, accessSecretKey: "a".repeat(40) }, ADD)).not.toHaveProperty("accessSecretKey");
  });

  test.each([
    "berth-access",
    "arn:aws:iam::123456789012:user/berth-user",
    "arn:aws:iam::1:role/berth-access",
    "arn:aws:iam::123456789012:role/",
  ])("%s is not a role's ARN", (roleArn) => {
    expect(problems({ ...ROLE, roleArn }, ADD).roleArn).toContain("whole ARN");
  });

  test("a role's ARN may have a path and another partition", () => {
    const roleArn = "arn:aws-us-gov:iam::123456789012:role/teams/data/berth-access";
    expect(problems({ ...ROLE, roleArn }, ADD)).toEqual({});
  });

  test("an account that was entered by role opens by role, and nothing changed is nothing to save", () => {
    expect(initialForm(BY_ROLE)).toMatchObject({
      accessMode: "role",
      roleArn: ROLE.roleArn,
      accessKeyId: "",
    });
    expect(request(initialForm(BY_ROLE), BY_ROLE)).toBeNull();
  });

  test("going over from a key to a role says so and sends the role whole", () => {
    const { roleArn, externalId } = ROLE;
    const form: Form = { ...initialForm(EDIT), accessMode: "role", roleArn, externalId };
    expect(request(form, EDIT)).toEqual({ cloudAccountId: 101, accessMode: "role", roleArn, externalId });
  });

  test("going over to a role without its external id is nothing to verify yet", () => {
    const form: Form = { ...initialForm(EDIT), accessMode: "role", roleArn: ROLE.roleArn };
    expect(Object.keys(problems(form, EDIT))).toEqual(["externalId"]);
    expect(request(form, EDIT)).toBeNull();
  });

  test("going over from a role to a key needs both parts of the key", () => {
    const form: Form = { ...initialForm(BY_ROLE), accessMode: "keys", accessKeyId: GOOD.accessKeyId };
    expect(Object.keys(problems(form, BY_ROLE))).toEqual(["accessSecretKey"]);
  });

  test("another role keeps the external id it does not change", () => {
    const roleArn = "arn:aws:iam::123456789012:role/other";
    expect(request({ ...initialForm(BY_ROLE), roleArn }, BY_ROLE)).toEqual({ cloudAccountId: 101, roleArn });
  });
});
