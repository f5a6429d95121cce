// What Berth restores by itself, as it is typed and as the API has it.
import type { Problem } from "../../api/failure";
import { RestorePolicyUpdate } from "../../api/limits";
import type { OneOf, Schemas } from "../../api/schemas";
import { isWhole, range } from "../../common/limits";

type Policy = Schemas["RestorePolicy"];
type Limits = typeof RestorePolicyUpdate;
type Kind = Exclude<keyof Policy, "mostPerHour" | "when">;

/** The kinds of drift that can be restored. */
export const KINDS: Record<Kind, { label: string; description: string }> = {
  rules: { label: "Rules of security groups", description: "Put back, or taken away when added." },
  securityGroups: { label: "Security groups of nodes", description: "A node is put into its own again." },
  network: { label: "Network", description: "Routes, the gateway, subnets and the VPC as they were." },
  stoppedNodes: { label: "Stopped nodes", description: "Started again." },
  lostNodes: {
    label: "Lost nodes",
    description: "Replaced by new ones in the same zone; their data does not come back.",
  },
};

/** What is done about a kind: what a switch that is off or on stands for. */
export const ACTIONS = { off: "report", on: "restore" } satisfies Record<string, OneOf<Limits[Kind]>>;

/** When it is restored. */
export const WHEN: Record<OneOf<Limits["when"]>, { label: string; description: string }> = {
  "maintenance-windows": {
    label: "In maintenance windows",
    description: "As the tab Maintenance has them.",
  },
  "any-time": { label: "At once", description: "As soon as it is found." },
};

/** A policy as it is typed. */
export type PolicyForm = Omit<Policy, "mostPerHour"> & { mostPerHour: string };

export function policyForm(policy: Policy): PolicyForm {
  return { ...policy, mostPerHour: String(policy.mostPerHour) };
}

export function policyOf(form: PolicyForm): Policy {
  return { ...form, mostPerHour: Number(form.mostPerHour) };
}

export function policyProblems({ mostPerHour }: PolicyForm): Problem[] {
  const limits = RestorePolicyUpdate.mostPerHour;
  const message = `Enter a whole number from ${range(limits)}.`;
  return isWhole(mostPerHour, limits) ? [] : [{ field: "mostPerHour", message }];
}
