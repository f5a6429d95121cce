// The plans of subscriptions.
import type { Schemas } from "../api/schemas";
import { word } from "../common/words";

type Plan = Schemas["Subscription"]["plan"];

const NAMES: Record<Plan, string> = { free: "Free", fixed: "Fixed", flexible: "Flexible", annual: "Annual" };
const HAVE_CLOUD_ACCOUNTS: Record<Plan, boolean> = {
  free: false,
  fixed: false,
  flexible: true,
  annual: true,
};

export function planName(plan: Plan): string {
  return word(NAMES, plan);
}

/** Whether subscriptions of this plan may use the customer's own AWS account. */
export function hasCloudAccounts(plan: Plan | undefined): boolean {
  return plan !== undefined && HAVE_CLOUD_ACCOUNTS[plan];
}
