import { expect, test } from "vitest";

import { Failure } from "../api/failure";
import type { Finding, Statement } from "../api/types";
import { FIELDS_OF } from "./fields";
import { asPolicyText, merged, place, placeFailure } from "./findings";

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
const ADD = FIELDS_OF.add;

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
  expect(place([found({ field: "consoleUsername" })], FIELDS_OF.edit).general).toHaveLength(0);
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
  const taken = (type: string) => Object.keys(placeFailure(new Failure("taken", 409, type), ADD).fields);
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
