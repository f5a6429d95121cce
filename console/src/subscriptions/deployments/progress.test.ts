import { expect, test } from "vitest";

import { type Deployment, groups, inPlace, percent, type Resource } from "./progress";

const resource = (name: string, kind: string, state: Resource["state"]) => ({
  name,
  kind,
  state,
  awsId: null,
});

const BUILDING: Deployment = {
  id: "a",
  subscriptionId: 1,
  cloudAccountId: 101,
  region: "eu-west-1",
  network: "10.0.0.0/24",
  zones: ["euw1-az1"],
  state: "building",
  trouble: null,
  comparedTimestamp: null,
  createdTimestamp: "2026-11-20T12:00:00Z",
  resources: [
    resource("vpc", "vpc", "done"),
    resource("subnet/euw1-az1", "subnet", "done"),
    resource("security-group/nodes", "security-group", "in-hand"),
    resource("node/1", "instance", "to-come"),
  ],
};

test("what is being built is told by groups: done, in hand, to come", () => {
  expect(groups(BUILDING)).toEqual([
    { title: "Network", status: "success", standing: "2 of 2 in place", inHand: [] },
    {
      title: "Security",
      status: "in-progress",
      standing: "0 of 1 in place",
      inHand: ["security-group/nodes"],
    },
    { title: "Nodes and their volumes", status: "pending", standing: "0 of 1 in place", inHand: [] },
  ]);
  expect(percent(BUILDING)).toBe(50);
  expect(inPlace([BUILDING])).toBe("2 of 4 resources");
});

test("a group in which something is stuck says so, as an error once it was given up", () => {
  const trouble = {
    resource: "node/1",
    action: "ec2:RunInstances",
    message: "AWS did not.",
    remedy: "Retry.",
    attempts: 4,
    since: "2026-11-20T12:00:00Z",
  };
  expect(groups({ ...BUILDING, trouble })[2]?.status).toBe("warning");
  expect(groups({ ...BUILDING, trouble, state: "failed" })[2]?.status).toBe("error");
});

test("what is being removed is counted, and what is new here is not lost", () => {
  const resources = [resource("vpc", "vpc", "removing"), resource("nat", "nat-gateway", "removing")];
  expect(
    groups({ ...BUILDING, state: "removing", resources }).map(({ title, standing }) => [title, standing]),
  ).toEqual([
    ["Network", "1 resource to be removed"],
    ["Other", "1 resource to be removed"],
  ]);
});
