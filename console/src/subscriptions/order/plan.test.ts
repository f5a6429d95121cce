import { expect, test } from "vitest";

import { free, readPlan } from "./plan";

const ANSWER = {
  pricing: [{ type: "CloudResources", typeDetails: "r6i.large", quantity: 3, region: "eu-west-1" }],
  resources: [
    { region: "eu-west-1", resource: "vpc", spec: { kind: "vpc", cidr: "10.0.0.0/24" } },
    {
      region: "eu-west-1",
      resource: "subnet/euw1-az1",
      spec: { kind: "subnet", zone_id: "euw1-az1", cidr: "10.0.0.0/24" },
    },
    {
      region: "eu-west-1",
      resource: "node/1",
      spec: { kind: "instance", instance_type: "r6i.large", subnet: { own: "subnet/euw1-az1" } },
    },
    {
      region: "eu-west-1",
      resource: "node/1/data",
      spec: { kind: "volume", instance: "node/1", device: "/dev/sdf", size_gib: 32 },
    },
    { region: "us-east-1", resource: "vpc", spec: { kind: "vpc", cidr: "10.1.0.0/24" } },
  ],
  quotas: [
    {
      region: "eu-west-1",
      quota: { needed: 6, of: "standard-vcpus", limit: 32, used: 4, unknown_because: null },
    },
    {
      region: "eu-west-1",
      quota: { needed: 1, of: "vpcs", limit: null, used: 2, unknown_because: "Not permitted to ask." },
    },
  ],
};

test("a plan is read region by region, each resource with what it is like", () => {
  const [region, ...more] = readPlan(ANSWER);
  expect(more).toEqual([]);
  expect(region).toMatchObject({ region: "eu-west-1", instanceType: "r6i.large", nodes: 3 });
  expect(region?.resources.map(({ name, details }) => `${name}: ${details}`)).toEqual([
    "vpc: 10.0.0.0/24",
    "subnet/euw1-az1: 10.0.0.0/24 in euw1-az1",
    "node/1: r6i.large in subnet/euw1-az1",
    "node/1/data: 32 GiB gp3, encrypted, of node/1",
  ]);
});

test("what is free of a quota is told, and what AWS did not say is not guessed", () => {
  const quotas = readPlan(ANSWER)[0]?.quotas ?? [];
  expect(quotas.map(free)).toEqual([28, null]);
  expect(quotas[1]?.unknownBecause).toBe("Not permitted to ask.");
});

test.each([undefined, null, "plan", {}, { pricing: [null] }])(
  "an answer such as %o breaks nothing",
  (answer) => {
    expect(readPlan(answer).flatMap(({ resources }) => resources)).toEqual([]);
  },
);
