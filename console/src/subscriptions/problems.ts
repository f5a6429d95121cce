// What is wrong with a request, and beside which field it is shown.
import type { Problem } from "../api/failure";
import { sentence } from "../common/words";

const LABELS: [RegExp, string][] = [
  [/^name$/, "Name"],
  [/^paymentMethod(Id)?$/, "Payment"],
  [/^planId$/, "Size"],
  [/^subscription$/, "The subscription"],
  [/\.cloudAccountId$/, "Cloud account"],
  [/\.region$/, "Region"],
  [/\.multipleAvailabilityZones$/, "Availability zones"],
  [/\.preferredAvailabilityZones(\[\d+\])?$/, "Preferred zones"],
  [/\.deploymentCIDR$/, "Deployment CIDR"],
  [/\.vpcId$/, "VPC"],
  [/\.subnetIds(\[\d+\])?$/, "Subnets"],
  [/\.securityGroupId$/, "Security group"],
  [/\.networking$/, "Network"],
  [/^databases\[\d+\]\.name$/, "Name"],
  [/^databases\[\d+\]\.datasetSizeInGb$/, "Dataset size"],
  [/^databases\[\d+\]\.memoryLimitInGb$/, "Memory limit"],
  [/^databases\[\d+\]\.throughputMeasurement(\.\w+)?$/, "Throughput"],
  [/^databases\[\d+\]\.quantity$/, "Quantity"],
  [/^databases(\[\d+\])?$/, "The databases"],
  [/resourceTags\[\d+\]\.key$/, "Key"],
  [/resourceTags\[\d+\]\.value$/, "Value"],
  [/resourceTags$/, "The tags"],
  [/^cidrIps(\[\d+\])?$/, "Network"],
  [/^securityGroupIds(\[\d+\])?$/, "Security group"],
  [/^windows\[\d+\]\.days(\[\d+\])?$/, "Days"],
  [/^windows\[\d+\]\.startHour$/, "Start"],
  [/^windows\[\d+\]\.durationInHours$/, "Duration"],
  [/^windows$/, "Windows"],
];

/** What a field is called on the page; its path when it has no other name. */
export function labelOf(field: string): string {
  return LABELS.find(([path]) => path.test(field))?.[1] ?? field;
}

/** A problem that the server told, in its field's words. */
export function worded({ field, message }: Problem): Problem {
  return { field, message: sentence(labelOf(field), message) };
}

/** What is wrong with a field, or with a part of it that has no field of its own. */
export function saidOf(
  problems: Problem[],
  path: string,
  parts: "with-parts" | "alone" = "with-parts",
): string {
  const about = problems.filter(
    ({ field }) =>
      field === path ||
      (parts === "with-parts" && (field.startsWith(`${path}[`) || field.startsWith(`${path}.`))),
  );
  return [...new Set(about.map(({ message }) => message))].join(" ");
}

/** What stands at a path such as `databases[0].name`; `undefined` when there is nothing. */
export function valueAt(body: unknown, path: string): unknown {
  const parts = path.split(/[.[\]]+/).filter(Boolean);
  return parts.reduce<unknown>(
    (value, part) =>
      typeof value === "object" && value !== null ? (value as Record<string, unknown>)[part] : undefined,
    body,
  );
}

/**
 * What the server said of `refused`, as far as it still holds for `current`: who changes a field has seen to what was
 * wrong with it.
 */
export function standing(problems: Problem[], refused: unknown, current: unknown): Problem[] {
  const text = (body: unknown, path: string) => JSON.stringify(valueAt(body, path));
  return problems.filter(({ field }) => text(refused, field) === text(current, field)).map(worded);
}
