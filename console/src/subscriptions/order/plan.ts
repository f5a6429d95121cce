// What a dry run answers: everything that would be made, and what it takes of the AWS account's quotas.

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

function describe(spec: Fields): string {
  switch (spec.kind) {
    case "vpc":
      return text(spec.cidr);
    case "subnet":
      return `${text(spec.cidr)} in ${text(spec.zone_id)}`;
    case "internet-gateway":
      return "The way out of the VPC";
    case "route-table":
      return `Routes of ${count(values(spec.subnets).length, "subnet")}`;
    case "security-group":
      return text(spec.description);
    case "key-pair":
      return "Its own, for the nodes";
    case "instance": {
      const { own, customers } = record(spec.subnet);
      return `${text(spec.instance_type)} in ${text(own) || text(customers)}`;
    }
    case "volume":
      return `${number(spec.size_gib) ?? "?"} GiB gp3, encrypted, of ${text(spec.instance)}`;
    default:
      return "";
  }
}

/** "1 subnet", "3 subnets". */
export function count(number: number, what: string): string {
  return `${number} ${what}${number === 1 ? "" : "s"}`;
}

type Fields = Record<string, unknown>;
const record = (value: unknown): Fields =>
  typeof value === "object" && value !== null ? (value as Fields) : {};
const values = (value: unknown): unknown[] => (Array.isArray(value) ? value : []);
const list = (value: unknown): Fields[] => values(value).map(record);
const text = (value: unknown) => (typeof value === "string" ? value : "");
const number = (value: unknown) => (typeof value === "number" ? value : null);
