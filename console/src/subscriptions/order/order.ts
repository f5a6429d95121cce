// What is typed into the wizard, and the order it makes. The server has the last word; the rules here are its own, so
// that nobody waits for an answer to learn of a typing error.
import type { Problem } from "../../api/failure";
import {
  DatabasePlanRequest,
  SubscriptionCreate,
  SubscriptionNetworkRequest,
  SubscriptionProvider,
  SubscriptionRegionRequest,
  ThroughputRequest,
} from "../../api/limits";
import type { OneOf, Schemas } from "../../api/schemas";
import { isNumber, isText, isWhole, range } from "../../common/limits";
import { deploymentProblem, freeNetwork, overlap, parseNetwork } from "../cidr";
import { cleanTags, type Tag, tagProblems } from "../settings/tags";

export interface RegionForm {
  region: string;
  zones: "single" | "multiple";
  /** Ids of zones; may be empty. */
  preferred: string[];
  network: "managed" | "own";
  cidr: string;
  vpcId: string;
  /** Ids of subnets, separated by commas or spaces. */
  subnetIds: string;
  securityGroupId: string;
}

export interface DatabaseForm {
  name: string;
  protocol: OneOf<typeof DatabasePlanRequest.protocol>;
  sizeOf: "dataset" | "limit";
  /** In GB. */
  size: string;
  replication: boolean;
  by: OneOf<typeof ThroughputRequest.by>;
  throughput: string;
  quantity: string;
}

export type PlanKind = "flexible" | "fixed";

/** Everything that is typed into the wizard, and how far it is. */
export interface OrderForm {
  step: number;
  plan: PlanKind;
  name: string;
  /** The id of a payment method, or `MARKETPLACE`. */
  payment: string;
  cloudAccountId: string;
  regions: RegionForm[];
  databases: DatabaseForm[];
  tags: Tag[];
  /** Of a subscription of a fixed size. */
  fixedRegion: string;
  fixedPlanId: string;
}

type PaymentMethod = OneOf<typeof SubscriptionCreate.paymentMethod>;

/** Paid by none of the account's payment methods: through a marketplace, or by contract. */
export const MARKETPLACE = "marketplace" satisfies PaymentMethod;

const SEVERAL_REGIONS = "active-active" satisfies OneOf<typeof SubscriptionCreate.deploymentType>;

export const NEW_REGION: RegionForm = {
  region: "",
  zones: "single",
  preferred: [],
  network: "managed",
  cidr: "",
  vpcId: "",
  subnetIds: "",
  securityGroupId: "",
};

export const NEW_DATABASE: DatabaseForm = {
  name: "",
  protocol: "redis",
  sizeOf: "dataset",
  size: "1",
  replication: true,
  by: "operations-per-second",
  throughput: "1000",
  quantity: "1",
};

export const EMPTY_ORDER: OrderForm = {
  step: 0,
  plan: "flexible",
  name: "",
  payment: MARKETPLACE,
  cloudAccountId: "",
  regions: [NEW_REGION],
  databases: [{ ...NEW_DATABASE, name: "database-1" }],
  tags: [],
  fixedRegion: "",
  fixedPlanId: "",
};

export const MOST_REGIONS = SubscriptionProvider.regions.maxItems;
export const MOST_DATABASES = SubscriptionCreate.databases.maxItems;

/** Where a region stands in the request's body. */
export const regionPath = (at: number) => `cloudProviders[0].regions[${at}]`;
export const ACCOUNT_PATH = "cloudProviders[0].cloudAccountId";
export const TAGS_PATH = "cloudProviders[0].resourceTags";

/** What is separated by commas or spaces. */
export function listed(text: string): string[] {
  return text.split(/[\s,]+/).filter(Boolean);
}

/** Everything that is wrong with an order that Berth is to build. */
export function orderProblems(form: OrderForm): Problem[] {
  const { regions } = form;
  return [
    ...nameProblems(form.name),
    ...wrong(ACCOUNT_PATH, form.cloudAccountId === "" && "Choose a cloud account."),
    ...regions.flatMap((region, at) => regionProblems(region, at, regions)),
    ...regions.flatMap((region, at) => networkProblems(region, at, regions)),
    ...databaseProblems(form.databases),
    ...tagProblems(form.tags, TAGS_PATH),
  ];
}

/** Everything that is wrong with an order of a fixed size. */
export function fixedProblems(form: OrderForm): Problem[] {
  return [
    ...nameProblems(form.name),
    ...wrong("name", form.name.trim() === "" && "Name is required."),
    ...wrong("planId", form.fixedPlanId === "" && "Choose a region and a size."),
  ];
}

/** The request that creates a subscription of a fixed size; a free one is paid by nothing. */
export function fixedRequest(form: OrderForm, planName: string): Schemas["FixedSubscriptionCreate"] {
  const paid = isFree(planName) ? {} : payment(form.payment);
  return { name: form.name.trim(), planId: Number(form.fixedPlanId), ...paid };
}

/** Whether a plan of this name is free. */
export function isFree(planName: string): boolean {
  return planName.startsWith("Free ");
}

/** The order with a network proposed for every region that has none yet, apart from those that are taken. */
export function withNetworks(form: OrderForm, taken: string[]): OrderForm {
  const used = [...taken, ...form.regions.map(({ cidr }) => cidr.trim())];
  const regions = form.regions.map((one) => {
    if (one.cidr !== "") return one;
    const cidr = freeNetwork(used) ?? "";
    used.push(cidr);
    return { ...one, cidr };
  });
  return { ...form, regions };
}

/** The request that creates what is typed, or only plans it. */
export function orderRequest(form: OrderForm): Schemas["SubscriptionCreate"] {
  const name = form.name.trim();
  return {
    ...(name === "" ? {} : { name }),
    ...payment(form.payment),
    ...(form.regions.length > 1 ? { deploymentType: SEVERAL_REGIONS } : {}),
    cloudProviders: [
      {
        provider: "AWS",
        cloudAccountId: Number(form.cloudAccountId),
        regions: form.regions.map(regionRequest),
        resourceTags: cleanTags(form.tags),
      },
    ],
    databases: form.databases.map((one) => ({
      name: one.name.trim(),
      protocol: one.protocol,
      ...(one.sizeOf === "dataset"
        ? { datasetSizeInGb: Number(one.size) }
        : { memoryLimitInGb: Number(one.size) }),
      replication: one.replication,
      throughputMeasurement: { by: one.by, value: Number(one.throughput) },
      quantity: Number(one.quantity),
    })),
  };
}

/** How a subscription is paid, as the API wants it. */
function payment(chosen: string): { paymentMethod: PaymentMethod; paymentMethodId?: number } {
  return chosen === MARKETPLACE
    ? { paymentMethod: MARKETPLACE }
    : { paymentMethod: "credit-card", paymentMethodId: Number(chosen) };
}

function regionRequest(form: RegionForm): Schemas["SubscriptionRegionRequest"] {
  return {
    region: form.region,
    multipleAvailabilityZones: form.zones === "multiple",
    preferredAvailabilityZones: form.preferred,
    networking:
      form.network === "managed"
        ? { deploymentCIDR: form.cidr.trim() }
        : {
            vpcId: form.vpcId.trim(),
            subnetIds: listed(form.subnetIds),
            securityGroupId: form.securityGroupId.trim(),
          },
  };
}

function nameProblems(name: string): Problem[] {
  const { maxLength } = SubscriptionCreate.name;
  return wrong(
    "name",
    !isText(name.trim(), { maxLength }) && `Name must be ${maxLength} characters or less.`,
  );
}

/** In how many zones the nodes are, each with its subnet. */
function zonesOf({ zones }: RegionForm): number {
  return zones === "multiple" ? SubscriptionRegionRequest.preferredAvailabilityZones.maxItems : 1;
}

function regionProblems(form: RegionForm, at: number, all: RegionForm[]): Problem[] {
  const path = regionPath(at);
  const zones = form.preferred;
  const needed = zonesOf(form);
  const twice = all.findIndex((other) => other.region === form.region) < at;
  return [
    ...wrong(`${path}.region`, form.region === "" && "Choose a region."),
    ...wrong(`${path}.region`, form.region !== "" && twice && "This region is chosen twice."),
    ...wrong(
      `${path}.preferredAvailabilityZones`,
      zones.length > 0 &&
        zones.length !== needed &&
        `Choose ${needed === 1 ? "one zone" : "three zones"}, or none; these are ${zones.length}.`,
    ),
  ];
}

function networkProblems(form: RegionForm, at: number, all: RegionForm[]): Problem[] {
  const path = `${regionPath(at)}.networking`;
  if (form.network === "managed") {
    const problem = deploymentProblem(form.cidr.trim()) ?? overlapping(form, all.slice(0, at));
    return wrong(`${path}.deploymentCIDR`, problem);
  }
  const subnets = listed(form.subnetIds);
  const needed = zonesOf(form);
  const noSubnet = subnets.find((id) => !/^subnet-[0-9a-f]{8,18}$/.test(id));
  return [
    ...wrong(
      `${path}.vpcId`,
      !isText(form.vpcId.trim(), SubscriptionNetworkRequest.vpcId) &&
        "Enter the id of the VPC, such as vpc-0125be68a4625884a.",
    ),
    ...wrong(
      `${path}.subnetIds`,
      noSubnet !== undefined
        ? `${noSubnet} is not the id of a subnet, such as subnet-0125be68a4625884a.`
        : subnets.length !== needed &&
            (needed === 1
              ? "Enter the id of one subnet."
              : `Enter the ids of three subnets, one in each zone; these are ${subnets.length}.`),
    ),
    ...wrong(
      `${path}.securityGroupId`,
      !isText(form.securityGroupId.trim(), SubscriptionNetworkRequest.securityGroupId) &&
        "Enter the id of the security group, such as sg-0125be68a4625884a.",
    ),
  ];
}

function overlapping(form: RegionForm, others: RegionForm[]): string | null {
  const network = parseNetwork(form.cidr.trim());
  const other = others.find((one) => {
    const theirs = one.network === "managed" ? parseNetwork(one.cidr.trim()) : null;
    return network && theirs && overlap(network, theirs);
  });
  return other ? `This overlaps with the network of ${other.region || "another region"}.` : null;
}

// openapi.json says only the least, because the most depends on what is counted.
const MOST_THROUGHPUT: Record<DatabaseForm["by"], number> = {
  "operations-per-second": 100_000_000,
  "number-of-shards": 512,
};

function databaseProblems(databases: DatabaseForm[]): Problem[] {
  const limits = DatabasePlanRequest;
  const none = wrong("databases", databases.length === 0 && "Add at least one database.");
  const each = databases.flatMap((one, at) => {
    const path = `databases[${at}]`;
    const name = one.name.trim();
    const twice = databases.findIndex((other) => other.name.trim() === name) < at;
    const throughput = { ...ThroughputRequest.value, maximum: MOST_THROUGHPUT[one.by] };
    const unit = one.by === "number-of-shards" ? " shards" : "";
    const size = one.sizeOf === "dataset" ? "datasetSizeInGb" : "memoryLimitInGb";
    return [
      ...wrong(
        `${path}.name`,
        !isText(name, { pattern: limits.name.pattern })
          ? "Enter letters, digits and hyphens; it begins with a letter and does not end with a hyphen."
          : !isText(name, limits.name)
            ? `Name must be ${limits.name.maxLength} characters or less.`
            : twice && "Another database has this name too.",
      ),
      ...wrong(`${path}.${size}`, !isNumber(one.size, limits[size]) && `Enter ${range(limits[size])} GB.`),
      ...wrong(
        `${path}.throughputMeasurement`,
        !isWhole(one.throughput, throughput) && `Enter ${range(throughput)}${unit}.`,
      ),
      ...wrong(
        `${path}.quantity`,
        !isWhole(one.quantity, limits.quantity) && `Enter ${range(limits.quantity)}.`,
      ),
    ];
  });
  return [...none, ...each];
}

function wrong(field: string, message: string | false | null): Problem[] {
  return message ? [{ field, message }] : [];
}
