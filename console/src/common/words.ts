// The API's words as people read them. One that isn't known here is shown as it is.
import type { StatusIndicatorProps } from "@cloudscape-design/components/status-indicator";

const PLANS: Record<string, string> = {
  free: "Free",
  fixed: "Fixed",
  flexible: "Flexible",
  annual: "Annual",
};

export function planName(plan: string): string {
  return PLANS[plan] ?? plan;
}

/** Whether subscriptions of this plan may use the customer's own AWS account. */
export function hasCloudAccounts(plan: string | undefined): boolean {
  return plan === "flexible" || plan === "annual";
}

interface Shown {
  type: StatusIndicatorProps.Type;
  text: string;
}

const STATUSES: Record<string, Shown> = {
  active: { type: "success", text: "Active" },
  pending: { type: "in-progress", text: "Pending" },
  verifying: { type: "in-progress", text: "Verifying" },
  "change-draft": { type: "in-progress", text: "Updating" },
  "delete-draft": { type: "in-progress", text: "Deleting" },
  "active-error": { type: "error", text: "Error" },
  error: { type: "error", text: "Error" },
  deleting: { type: "in-progress", text: "Deleting" },
  suspended: { type: "stopped", text: "Suspended" },
};

export function status(status: string): Shown {
  return STATUSES[status] ?? { type: "info", text: status };
}

const CHECKS: Record<string, string> = {
  credentials: "Access key",
  "sign-in-url": "Sign-in address",
  "console-role": "Console role",
  "console-role-trust": "Console role's trust",
  "console-role-mfa": "Console role's second factor",
  "console-user": "Console user",
  permission: "Permissions",
  "node-role": "Node role",
  "instance-profile": "Instance profile",
};

export function checkName(check: string): string {
  return CHECKS[check] ?? check;
}

const VERDICTS: Record<string, StatusIndicatorProps.Type> = {
  pass: "success",
  warn: "warning",
  fail: "error",
  unknown: "stopped",
};

export function verdictType(verdict: string): StatusIndicatorProps.Type {
  return VERDICTS[verdict] ?? "info";
}
