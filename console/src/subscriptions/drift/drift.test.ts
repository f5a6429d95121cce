import { expect, test } from "vitest";

import { driftCount } from "../words";
import { compared, isChecked, whoDid } from "./drift";

const report = (deploymentId: string, comparedTimestamp: string | null) => ({
  deploymentId,
  comparedTimestamp,
  region: "eu-west-1",
  findings: [],
});

test("a check is made once every deployment was compared again", () => {
  const before = compared([report("a", null), report("b", "2026-11-20T12:00:00Z")]);
  const a = report("a", "2026-11-20T12:05:00Z");
  expect(isChecked(before, [a, report("b", "2026-11-20T12:00:00Z")])).toBe(false);
  expect(isChecked(before, [a, report("b", "2026-11-20T12:05:00Z")])).toBe(true);
});

const nobody = { who: null, event: null, at: null, unknownBecause: null };

test.each([
  [null, "CloudTrail was not asked."],
  [nobody, "CloudTrail does not know."],
  [{ ...nobody, unknownBecause: "Not permitted to look." }, "Not permitted to look."],
  [{ ...nobody, who: "ada" }, "ada"],
  [{ ...nobody, who: "ada", event: "StopInstances" }, "ada, by StopInstances"],
])("who did it is told as far as it is known: %o", (by, told) => {
  expect(whoDid(by as Parameters<typeof whoDid>[0])).toBe(told);
});

test("differences are counted", () => {
  expect([1, 2].map(driftCount)).toEqual(["1 difference", "2 differences"]);
});
