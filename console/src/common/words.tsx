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
  "access-key-age": "Access key's age",
  "access-key-count": "Number of access keys",
  "access-key-use": "Other use of the access key",
  registration: "Registered before",
  "policy-breadth": "Breadth of the policies",
  quotas: "Quotas",
  region: "Region",
};

/** What was checked; `field` is the one that the finding belongs to. */
export function checkName(check: string, field?: string | null): string {
  if (check === "credentials" && field === "roleArn") return "Role";
  if (check === "credentials" && field === "externalId") return "External id";
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

const CONCLUSIONS: Record<string, Shown> = {
  verified: { type: "success", text: "Works" },
  refused: { type: "error", text: "Does not work" },
  unconfirmed: { type: "stopped", text: "Could not be checked" },
};

/** What a verification came to. */
export function conclusion(conclusion: string): Shown {
  return CONCLUSIONS[conclusion] ?? { type: "info", text: conclusion };
}

const CAUSES: Record<string, string> = {
  schedule: "Scheduled",
  demand: "Asked for",
  task: "Added or changed",
};

/** What made a verification happen. */
export function cause(cause: string): string {
  return CAUSES[cause] ?? cause;
}

const SESSION_STATES: Record<string, Shown> = {
  requested: { type: "pending", text: "Waits for approval" },
  approved: { type: "info", text: "Approved" },
  denied: { type: "stopped", text: "Denied" },
  opened: { type: "success", text: "Opened" },
  expired: { type: "stopped", text: "Expired" },
};

/** Where a session in the AWS console stands. */
export function sessionState(state: string): Shown {
  return SESSION_STATES[state] ?? { type: "info", text: state };
}

const KINDS: Record<string, string> = {
  vpc: "VPC",
  subnet: "Subnet",
  "internet-gateway": "Internet gateway",
  "route-table": "Route table",
  "security-group": "Security group",
  "key-pair": "Key pair",
  instance: "Instance",
  volume: "Volume",
  "network-interface": "Network interface",
};

/** What a resource is in AWS. */
export function kindName(kind: string): string {
  return KINDS[kind] ?? kind;
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
export function quotaName(of: string): string {
  return QUOTAS[of] ?? of;
}

const DIFFERENCES: Record<string, string> = {
  gone: "Gone",
  stopped: "Stopped",
  terminated: "Terminated",
  retyped: "Other instance type",
  "other-profile": "Other instance profile",
  "other-groups": "Other security groups",
  "metadata-open": "Metadata without IMDSv2",
  "monitoring-off": "Monitoring switched off",
  "rule-added": "Rule added",
  "rule-removed": "Rule removed",
  "rule-widened": "Rule widened",
  "route-added": "Route added",
  "route-removed": "Route removed",
  "route-changed": "Route changed",
  "subnet-without-routes": "Subnet without its routes",
  "gateway-detached": "Gateway detached",
  "subnet-changed": "Subnet changed",
  "vpc-changed": "VPC changed",
  "tag-removed": "Tag removed",
  "tag-changed": "Tag changed",
  "volume-detached": "Volume detached",
  "volume-unencrypted": "Volume not encrypted",
  "volume-changed": "Volume changed",
  "volume-added": "Volume added",
  "unknown-resource": "Not made by Berth",
};

/** What is different from what Berth built. */
export function differenceName(what: string): string {
  return DIFFERENCES[what] ?? what;
}

const HEALTHS: Record<string, Shown> = {
  ok: { type: "success", text: "Passed" },
  impaired: { type: "error", text: "Impaired" },
  unknown: { type: "stopped", text: "Not known" },
};

/** What one of AWS's checks of an instance came to; AWS may say nothing of it. */
export function healthOf(state: string | undefined): Shown {
  return HEALTHS[state ?? "unknown"] ?? { type: "info", text: state ?? "" };
}

const OUTCOMES: Record<string, Shown> = {
  asked: { type: "success", text: "Restored" },
  begun: { type: "in-progress", text: "Asked for" },
  refused: { type: "error", text: "Refused" },
};

/** What came of restoring something. */
export function restoreOutcome(outcome: string): Shown {
  return OUTCOMES[outcome] ?? { type: "info", text: outcome };
}
