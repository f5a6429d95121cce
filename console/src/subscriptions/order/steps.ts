// The steps of the wizard.
import type { OrderForm } from "./order";

/** What every step of the wizard gets. */
export interface StepProps {
  form: OrderForm;
  change: (patch: Partial<OrderForm>) => void;
  /** What is to be shown beside the field at this path of the request; empty when nothing is wrong with it. */
  said: (path: string, parts?: "with-parts" | "alone") => string;
}

export type StepId = "plan" | "account" | "regions" | "networking" | "databases" | "tags" | "size" | "review";

export const STEP_NAMES: Record<StepId, string> = {
  plan: "Plan",
  size: "Size",
  account: "Cloud account",
  regions: "Regions and zones",
  networking: "Networking",
  databases: "Databases",
  tags: "Tags",
  review: "Review",
};

const STEPS: [RegExp, StepId][] = [
  [/^(name|paymentMethod|paymentMethodId)$/, "plan"],
  [/^planId$/, "size"],
  [/\.cloudAccountId$/, "account"],
  [/\.networking/, "networking"],
  [/\.regions/, "regions"],
  [/^databases/, "databases"],
  [/\.resourceTags/, "tags"],
];

/** In which step a field is. What belongs to none is shown with the review. */
export function stepOf(field: string): StepId {
  return STEPS.find(([path]) => path.test(field))?.[1] ?? "review";
}
