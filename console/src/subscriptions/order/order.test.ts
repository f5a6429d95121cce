import { expect, test } from "vitest";

import {
  EMPTY_ORDER,
  fixedProblems,
  fixedRequest,
  NEW_DATABASE,
  NEW_REGION,
  type OrderForm,
  orderProblems,
  orderRequest,
  withNetworks,
} from "./order";

const SOUND: OrderForm = {
  ...EMPTY_ORDER,
  name: " Web shop ",
  payment: "7",
  cloudAccountId: "101",
  regions: [{ ...NEW_REGION, region: "eu-west-1", preferred: ["euw1-az1"], cidr: "10.0.0.0/24" }],
  databases: [{ ...NEW_DATABASE, name: "cart", size: "1.5" }],
  tags: [{ key: "team", value: "shop" }],
};
const region = (change: object) => ({
  ...SOUND,
  regions: [{ ...SOUND.regions[0], ...change }] as OrderForm["regions"],
});
const database = (change: object) => ({
  ...SOUND,
  databases: [{ ...NEW_DATABASE, name: "cart", ...change }],
});
const fields = (form: OrderForm) => orderProblems(form).map(({ field }) => field.replace(/.*\]\./, ""));

test("what is typed becomes the request that the API describes", () => {
  expect(orderProblems(SOUND)).toEqual([]);
  expect(orderRequest(SOUND)).toEqual({
    name: "Web shop",
    paymentMethod: "credit-card",
    paymentMethodId: 7,
    cloudProviders: [
      {
        provider: "AWS",
        cloudAccountId: 101,
        regions: [
          {
            region: "eu-west-1",
            multipleAvailabilityZones: false,
            preferredAvailabilityZones: ["euw1-az1"],
            networking: { deploymentCIDR: "10.0.0.0/24" },
          },
        ],
        resourceTags: [{ key: "team", value: "shop" }],
      },
    ],
    databases: [
      {
        name: "cart",
        protocol: "redis",
        datasetSizeInGb: 1.5,
        replication: true,
        throughputMeasurement: { by: "operations-per-second", value: 1000 },
        quantity: 1,
      },
    ],
  });
});

test("several regions are ordered together, and a VPC of one's own by its ids", () => {
  const own = {
    ...NEW_REGION,
    region: "us-east-1",
    network: "own" as const,
    vpcId: "vpc-0125be68a4625884a",
    subnetIds: "subnet-0125be68a4625884a",
    securityGroupId: "sg-0125be68a4625884a",
  };
  const form = { ...SOUND, payment: "marketplace", regions: [...SOUND.regions, own] };
  expect(orderProblems(form)).toEqual([]);
  const request = orderRequest(form);
  expect(request).toMatchObject({ deploymentType: "active-active", paymentMethod: "marketplace" });
  expect(request.cloudProviders[0]?.regions[1]?.networking).toEqual({
    vpcId: own.vpcId,
    subnetIds: [own.subnetIds],
    securityGroupId: own.securityGroupId,
  });
});

test.each([
  ["an empty wizard", EMPTY_ORDER, ["cloudAccountId", "region", "networking.deploymentCIDR"]],
  ["no region", region({ region: "" }), ["region"]],
  [
    "a region chosen twice",
    {
      ...SOUND,
      regions: [...SOUND.regions, { ...SOUND.regions[0], cidr: "10.1.0.0/24" } as OrderForm["regions"][0]],
    },
    ["region"],
  ],
  [
    "networks that overlap",
    { ...SOUND, regions: [...SOUND.regions, { ...NEW_REGION, region: "us-east-1", cidr: "10.0.0.0/16" }] },
    ["networking.deploymentCIDR"],
  ],
  ["two zones", region({ preferred: ["euw1-az1", "euw1-az2"] }), ["preferredAvailabilityZones"]],
  [
    "four zones",
    region({ zones: "multiple", preferred: ["a-az1", "a-az2", "a-az3", "a-az4"] }),
    ["preferredAvailabilityZones"],
  ],
  ["a public network", region({ cidr: "8.8.8.0/24" }), ["networking.deploymentCIDR"]],
  [
    "an own VPC without ids",
    region({ network: "own" }),
    ["networking.vpcId", "networking.subnetIds", "networking.securityGroupId"],
  ],
  [
    "one subnet for three zones",
    region({
      network: "own",
      zones: "multiple",
      preferred: [],
      vpcId: "vpc-01234567",
      securityGroupId: "sg-01234567",
      subnetIds: "subnet-01234567",
    }),
    ["networking.subnetIds"],
  ],
  ["no databases", { ...SOUND, databases: [] }, ["databases"]],
  ["a database without a name", database({ name: "" }), ["name"]],
  ["a database of no size", database({ size: "" }), ["datasetSizeInGb"]],
  ["too much memory", database({ sizeOf: "limit", size: "10001" }), ["memoryLimitInGb"]],
  ["no throughput", database({ throughput: "0" }), ["throughputMeasurement"]],
  ["half a database", database({ quantity: "0.5" }), ["quantity"]],
  ["a long name", { ...SOUND, name: "🚀".repeat(101) }, ["name"]],
])("%s is refused beside its field", (_, form, expected) => {
  expect(fields(form)).toEqual(expected);
});

test("networks are proposed for regions that have none, apart from all others, and what is typed stays", () => {
  const typed = { ...NEW_REGION, cidr: "10.0.1.0/24" };
  const proposed = withNetworks({ ...SOUND, regions: [NEW_REGION, typed, NEW_REGION] }, ["10.0.0.0/24"]);
  expect(proposed.regions.map(({ cidr }) => cidr)).toEqual(["10.0.2.0/24", "10.0.1.0/24", "10.0.3.0/24"]);
});

test("a subscription of a fixed size names its size, and no payment when it is free", () => {
  const form = { ...EMPTY_ORDER, name: "Trial ", fixedPlanId: "2701", payment: "7" };
  expect(fixedProblems(form)).toEqual([]);
  expect(fixedRequest(form, "Free 30MB")).toEqual({ name: "Trial", planId: 2701 });
  expect(fixedRequest(form, "Fixed 250MB")).toMatchObject({
    paymentMethod: "credit-card",
    paymentMethodId: 7,
  });
  expect(fixedProblems(EMPTY_ORDER).map(({ field }) => field)).toEqual(["name", "planId"]);
});
