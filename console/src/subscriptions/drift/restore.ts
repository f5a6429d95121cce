// What Berth restores by itself, as it is typed and as the API has it.
import type { RestorePolicy } from "../../api/schemas";
import type { Problem } from "../order/order";

/** The kinds of drift that can be restored. */
export const KINDS = [
  { field: "rules", label: "Rules of security groups", description: "Put back, or taken away when added." },
  {
    field: "securityGroups",
    label: "Security groups of nodes",
    description: "A node is put into its own again.",
  },
  {
    field: "network",
    label: "Network",
    description: "Routes, the gateway, subnets and the VPC as they were.",
  },
  { field: "stoppedNodes", label: "Stopped nodes", description: "Started again." },
  {
    field: "lostNodes",
    label: "Lost nodes",
    description: "Replaced by new ones in the same zone; their data does not come back.",
  },
] as const;

/** A policy as it is typed. */
export type PolicyForm = Omit<RestorePolicy, "mostPerHour"> & { mostPerHour: string };

export function policyForm(policy: RestorePolicy): PolicyForm {
  return { ...policy, mostPerHour: String(policy.mostPerHour) };
}

export function policyOf(form: PolicyForm): RestorePolicy {
  return { ...form, mostPerHour: Number(form.mostPerHour) };
}

export function policyProblems({ mostPerHour }: PolicyForm): Problem[] {
  const number = Number(mostPerHour);
  const sound = /^\d+$/.test(mostPerHour.trim()) && number >= 1 && number <= 60;
  return sound ? [] : [{ field: "mostPerHour", message: "Enter a whole number from 1 to 60." }];
}
