import type { Schemas } from "../../api/schemas";
import type { Shown } from "../../common/words";

/** What is different from what Berth built. */
export const DIFFERENCES: Record<Schemas["DriftFinding"]["what"], string> = {
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

/** What came of restoring something. */
export const OUTCOMES: Record<Schemas["Restore"]["outcome"], Shown> = {
  asked: { type: "success", text: "Restored" },
  begun: { type: "in-progress", text: "Asked for" },
  refused: { type: "error", text: "Refused" },
};

/** What is restored next. */
export const NEXT: Record<Schemas["NextRestore"]["state"], string> = {
  nothing: "Nothing is to be restored now.",
  due: "Something is restored with the next look.",
  waiting: "Something waits to be restored.",
};
