import { expect, test } from "vitest";

import { deploymentProblem, freeNetwork, overlap, parseNetwork } from "./cidr";

test.each([
  ["10.0.0.0/24", null],
  ["172.31.0.0/16", null],
  ["192.168.255.0/24", null],
  ["10.0.0.0", "such as 10.0.0.0/24"],
  ["10.0.0.256/24", "such as 10.0.0.0/24"],
  ["010.0.0.0/24", "such as 10.0.0.0/24"],
  ["10.0.0.7/24", "the network is 10.0.0.0/24"],
  ["10.0.0.0/8", "this is a /8"],
  ["10.0.0.0/29", "this is a /29"],
  ["172.32.0.0/16", "private network"],
  ["8.8.8.0/24", "private network"],
])("the network %s of a deployment: %s", (typed, problem) => {
  const found = deploymentProblem(typed);
  if (problem === null) expect(found).toBeNull();
  else expect(found).toContain(problem);
});

test.each([
  ["10.0.0.0/24", "10.0.0.0/16", true],
  ["10.0.0.0/24", "10.0.1.0/24", false],
  ["10.0.255.0/24", "10.0.0.0/16", true],
  ["255.255.255.0/24", "0.0.0.0/0", true],
])("%s and %s overlap: %s", (one, other, expected) => {
  const networks = [one, other].map(parseNetwork);
  if (!networks[0] || !networks[1]) throw new Error("no networks");
  expect(overlap(networks[0], networks[1])).toBe(expected);
  expect(overlap(networks[1], networks[0])).toBe(expected);
});

test("a network that is free is proposed, whatever is taken already", () => {
  expect(freeNetwork([])).toBe("10.0.0.0/24");
  expect(freeNetwork(["10.0.0.0/24", "", "10.0.1.0/24"])).toBe("10.0.2.0/24");
  expect(freeNetwork(["10.0.0.0/16"])).toBe("10.1.0.0/24");
  expect(freeNetwork(["10.0.0.0/8"])).toBeNull();
});
