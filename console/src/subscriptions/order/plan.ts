// What a dry run answers: everything that would be made, and what it takes of the AWS account's quotas. openapi.json
// leaves open what is in such an answer.
import { count, told, word } from "../../common/words";

/** A resource that would be made. */
export interface PlannedResource {
  name: string;
  kind: string;
  /** What it is like, for people. */
  details: string;
}

/** What would be taken of something that AWS limits. */
export interface Quota {
  of: string;
  needed: number;
  limit: number | null;
  used: number | null;
  unknownBecause: string | null;
}

export interface PlannedRegion {
  region: string;
  instanceType: string;
  nodes: number;
  resources: PlannedResource[];
  quotas: Quota[];
}

/** Reads a dry run's answer, region by region. What is not understood is left out, not guessed. */
export function readPlan(answer: unknown): PlannedRegion[] {
  const { pricing, resources, quotas } = record(answer);
  const ofRegion = (items: unknown, region: string) => list(items).filter((one) => one.region === region);
  return list(pricing).map((priced) => {
    const region = text(priced.region);
    return {
      region,
      instanceType: text(priced.typeDetails),
      nodes: number(priced.quantity) ?? 0,
      resources: ofRegion(resources, region).map(({ resource, spec }) => ({
        name: text(resource),
        kind: text(record(spec).kind),
        details: describe(record(spec)),
      })),
      quotas: ofRegion(quotas, region).map(({ quota }) => {
        const { of, needed, limit, used, unknown_because } = record(quota);
        return {
          of: text(of),
          needed: number(needed) ?? 0,
          limit: number(limit),
          used: number(used),
          unknownBecause: typeof unknown_because === "string" ? unknown_because : null,
        };
      }),
    };
  });
}

/** How many are still free; `null` when AWS did not say. */
export function free({ limit, used }: Quota): number | null {
  return limit === null || used === null ? null : Math.max(0, limit - used);
}

/** What a resource of a kind is like. */
const DETAILS: Record<string, (spec: Fields) => string> = {
  vpc: ({ cidr }) => text(cidr),
  subnet: ({ cidr, zone_id }) => `${text(cidr)} in ${text(zone_id)}`,
  "internet-gateway": () => "The way out of the VPC",
  "route-table": ({ subnets }) => `Routes of ${count(values(subnets).length, "subnet")}`,
  "security-group": ({ description }) => text(description),
  "key-pair": () => "Its own, for the nodes",
  instance: ({ subnet, instance_type }) => {
    const { own, customers } = record(subnet);
    return `${text(instance_type)} in ${text(own) || text(customers)}`;
  },
  volume: ({ size_gib, instance }) => `${number(size_gib) ?? "?"} GiB gp3, encrypted, of ${text(instance)}`,
};

function describe(spec: Fields): string {
  return told(DETAILS, text(spec.kind), () => () => "")(spec);
}

const QUOTAS: Record<string, string> = {
  "standard-vcpus": "Virtual processors of On-Demand Standard instances",
  vpcs: "VPCs",
  "internet-gateways": "Internet gateways",
  "network-interfaces": "Network interfaces",
  "subnets-per-vpc": "Subnets in a VPC",
  "security-groups": "Security groups",
  "rules-per-group": "Rules in one direction of a security group",
};

/** Of what AWS lets there be only so many. */
export function quotaName({ of }: Quota): string {
  return word(QUOTAS, of);
}

type Fields = Record<string, unknown>;
const record = (value: unknown): Fields =>
  typeof value === "object" && value !== null ? (value as Fields) : {};
const values = (value: unknown): unknown[] => (Array.isArray(value) ? value : []);
const list = (value: unknown): Fields[] => values(value).map(record);
const text = (value: unknown) => (typeof value === "string" ? value : "");
const number = (value: unknown) => (typeof value === "number" ? value : null);
