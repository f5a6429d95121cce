import { expect, test } from "vitest";

import { policyForm, policyOf, policyProblems } from "../drift/restore";
import { cleanList, listProblems } from "./allow-list";
import { tagProblems } from "./tags";
import { spoken, windowProblems } from "./windows";

const fields = (problems: { field: string }[]) => problems.map(({ field }) => field);

test("an allow list takes networks, single addresses and security groups", () => {
  const list = { cidrIps: ["10.1.0.0/16", " 192.0.2.7"], securityGroupIds: ["sg-0125be68a4625884a "] };
  expect(listProblems(cleanList(list))).toEqual([]);
});

test.each([
  [{ cidrIps: ["10.0.0.1/8"], securityGroupIds: [] }, ["cidrIps[0]"]],
  [{ cidrIps: ["10.0.0.0/8", "10.0.0.0/8"], securityGroupIds: [] }, ["cidrIps[1]"]],
  [{ cidrIps: ["everywhere"], securityGroupIds: ["default"] }, ["cidrIps[0]", "securityGroupIds[0]"]],
])("what is wrong with the allow list %o is named entry by entry", (list, expected) => {
  expect(fields(listProblems(list))).toEqual(expected);
});

test("an allow list has fifty entries at most, of both kinds together", () => {
  const cidrIps = Array.from({ length: 50 }, (_, at) => `10.${at}.0.0/16`);
  expect(listProblems({ cidrIps, securityGroupIds: [] })).toEqual([]);
  expect(fields(listProblems({ cidrIps, securityGroupIds: ["sg-0125be68a4625884a"] }))).toEqual(["cidrIps"]);
});

test.each([
  ["team", "shop", []],
  ["", "", ["tags[0].key"]],
  ["aws:x", "", ["tags[0].key"]],
  ["Berth:x", "", ["tags[0].key"]],
  ["Name", "", ["tags[0].key"]],
  ["team", "a;b", ["tags[0].value"]],
  ["k".repeat(129), "v".repeat(257), ["tags[0].key", "tags[0].value"]],
  ["équipe", "a b_c.d:e/f=g+h-i@j", []],
])("a tag %s = %s", (key, value, expected) => {
  expect(fields(tagProblems([{ key, value }], "tags"))).toEqual(expected);
});

test("a tag's key is there once, and there are thirty tags at most", () => {
  const tags = Array.from({ length: 31 }, (_, at) => ({ key: `k${at}`, value: "" }));
  expect(fields(tagProblems(tags, "tags"))).toEqual(["tags"]);
  expect(fields(tagProblems([...tags.slice(0, 2), { key: "k1 ", value: "" }], "tags"))).toEqual([
    "tags[2].key",
  ]);
});

test("windows have days, and there is one at least when they are chosen", () => {
  expect(fields(windowProblems({ mode: "manual", windows: [] }))).toEqual(["windows"]);
  const window = { days: [], startHour: 22, durationInHours: 8 };
  expect(fields(windowProblems({ mode: "manual", windows: [window] }))).toEqual(["windows[0].days"]);
  expect(windowProblems({ mode: "automatic", windows: [window] })).toEqual([]);
  expect(spoken({ ...window, days: ["Monday"] })).toBe("Monday from 22:00 to 06:00 the next day (UTC)");
});

test.each([
  ["10", []],
  ["60", []],
  ["0", ["mostPerHour"]],
  ["61", ["mostPerHour"]],
  ["1.5", ["mostPerHour"]],
  ["", ["mostPerHour"]],
])("at most %s restores in an hour", (mostPerHour, expected) => {
  const policy = {
    rules: "report",
    securityGroups: "report",
    network: "report",
    stoppedNodes: "restore",
    lostNodes: "report",
    when: "any-time",
    mostPerHour: 10,
  };
  expect(policyOf(policyForm(policy))).toEqual(policy);
  expect(fields(policyProblems({ ...policyForm(policy), mostPerHour }))).toEqual(expected);
});
