import type { Schemas } from "../api/schemas";
import type { Shown } from "../common/words";

/** What may be permitted to support. */
export const MODES: Record<Schemas["SupportAccessView"]["mode"], { label: string; description: string }> = {
  on: { label: "On", description: "Support opens sessions by itself, each on record." },
  approval: { label: "On approval", description: "An Owner approves each of support's sessions." },
  off: { label: "Off", description: "Nobody opens a session." },
};

/** Where a session in the AWS console stands. */
export const STATES: Record<Schemas["ConsoleSession"]["state"], Shown> = {
  requested: { type: "pending", text: "Waits for approval" },
  approved: { type: "info", text: "Approved" },
  denied: { type: "stopped", text: "Denied" },
  opened: { type: "success", text: "Opened" },
  expired: { type: "stopped", text: "Expired" },
};
