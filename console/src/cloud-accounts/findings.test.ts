import { expect, test } from "vitest";

import { Failure } from "../api/failure";
import type { Schemas } from "../api/schemas";
import { fieldsOf } from "./fields";
import { asPolicyText, failures, merged, place, placeFailure, withPolicy } from "./findings";

type Finding = Schemas["Finding"];
type Statement = Schemas["PolicyStatement"];

const found = (change: Partial<Finding>): Finding => ({
  check: "permission",
  verdict: "fail",
  blocking: true,
  message: "no",
  ...change,
});
const statement = (action: string, resource = "*"): Statement => ({
  Sid: "Berth",
  Effect: "Allow",
  Action: [action],
  Resource: [resource],
});
const ADD = fieldsOf({ kind: "add" }, "keys");
const BY_ROLE = fieldsOf({ kind: "add" }, "role");

test("a finding lands on its field", () => {
  const { fields, general } = place([found({ field: "consoleRoleName", message: "no such role" })], ADD);
  expect(fields).toEqual({
    consoleRoleName: { level: "error", notes: [{ message: "no such role" }], statements: [] },
  });
  expect(general).toEqual([]);
});

test("what passed is not a problem", () => {
  expect(place([found({ verdict: "pass", blocking: false, field: "accessKeyId" })], ADD)).toEqual({
    fields: {},
    general: [],
  });
});

test("a warning is amber until an error joins it", () => {
  const warning = found({ verdict: "warn", blocking: false, field: "accessKeyId" });
  expect(place([warning], ADD).fields.accessKeyId?.level).toBe("warning");
  expect(place([warning, found({ field: "accessKeyId" })], ADD).fields.accessKeyId?.level).toBe("error");
});

test("what could not be checked because of AWS colours no field", () => {
  const { fields, general } = place([found({ verdict: "unknown" })], ADD);
  expect(fields).toEqual({});
  expect(general).toMatchObject([{ message: "no", blocking: true }]);
});

test("what could not be checked for want of a permission is its field's problem", () => {
  const { fields } = place([found({ verdict: "unknown", field: "consoleRoleName" })], ADD);
  expect(fields.consoleRoleName?.level).toBe("error");
});

test("a problem of a field that the form doesn't have is shown above it", () => {
  expect(place([found({ field: "signInLoginUrl" })], ADD).general).toHaveLength(1);
  expect(place([found({ field: "consoleUsername" })], ADD).general).toHaveLength(1);
  expect(place([found({ field: "consoleUsername" })], [...ADD, "consoleUsername"]).general).toHaveLength(0);
});

test("the statement is taken out of the remedy's words", () => {
  const { fields } = place(
    [
      found({
        field: "accessKeyId",
        remedy: 'Add this statement: {"Sid":"Berth"}',
        statement: statement("ec2:RunInstances"),
      }),
    ],
    ADD,
  );
  expect(fields.accessKeyId?.notes[0]?.remedy).toBe("Add this statement:");
  expect(fields.accessKeyId?.statements).toHaveLength(1);
});

test("statements on the same resources become one", () => {
  const all = merged([statement("a:A"), statement("b:B"), statement("a:A"), statement("c:C", "arn")]);
  expect(all.map((one) => one.Action)).toEqual([["a:A", "b:B"], ["c:C"]]);
  expect(JSON.parse(`[${asPolicyText(all)}]`)).toEqual(all);
});

test("a taken name is the name's problem, a taken key the key's", () => {
  const taken = (type: string) =>
    Object.keys(placeFailure(new Failure("taken", 409, type as Failure["type"]), ADD).fields);
  expect(taken("CLOUD_ACCOUNT_NAME_EXISTS")).toEqual(["name"]);
  expect(taken("CLOUD_ACCOUNT_ACCESS_KEY_EXISTS")).toEqual(["accessKeyId"]);
  expect(taken("SOMETHING_NEW")).toEqual([]);
});

test("fields that the server refuses are named one by one", () => {
  const failure = new Failure("bad", 400, "BAD_REQUEST", [
    { field: "accessSecretKey", message: "is required" },
    { field: "signInLoginUrl", message: "is odd" },
  ]);
  const { fields, general } = placeFailure(failure, ADD);
  expect(fields.accessSecretKey?.notes).toEqual([{ message: "AWS secret key is required." }]);
  expect(general).toEqual([{ message: "signInLoginUrl is odd.", blocking: true }]);
});

test("failures are told with what to do, and what is missing is granted by as few statements as can be", () => {
  const { level, notes, statements } = failures([
    found({ message: "may not run", remedy: 'Add: {"Sid"', statement: statement("ec2:RunInstances") }),
    found({ message: "may not stop", statement: statement("ec2:StopInstances") }),
    found({ message: "no role", remedy: "Create it." }),
  ]);
  expect(level).toBe("error");
  expect(notes).toEqual([
    { message: "may not run", remedy: "Add:" },
    { message: "may not stop", remedy: undefined },
    { message: "no role", remedy: "Create it." },
  ]);
  expect(statements.map(({ Action }) => Action)).toEqual([["ec2:RunInstances", "ec2:StopInstances"]]);
});

test("an external id that isn't there is the external id's problem, where there is such a field", () => {
  const failure = new Failure("There is no such external id for this cloud account.", 404, "NOT_FOUND");
  expect(placeFailure(failure, BY_ROLE).fields.externalId?.level).toBe("error");
  expect(placeFailure(failure, ADD).general).toHaveLength(1);
});

test("a role that anybody could have Berth assume is the role's problem", () => {
  const deputy = found({ check: "credentials", field: "roleArn", message: "confused deputy" });
  expect(place([deputy], BY_ROLE).fields.roleArn?.notes).toMatchObject([{ message: "confused deputy" }]);
});

test("a policy that stands in a remedy is taken out of it, and nothing else is", () => {
  expect(withPolicy('Make this the trust policy: {"Statement":[{}]} It may take a minute.')).toEqual({
    before: "Make this the trust policy:",
    policy: '{\n  "Statement": [\n    {}\n  ]\n}',
    after: "It may take a minute.",
  });
  const plain = "Create the role {name} first.";
  expect(withPolicy(plain)).toEqual({ before: plain, after: "" });
  expect(withPolicy("Try again.")).toEqual({ before: "Try again.", after: "" });
});
