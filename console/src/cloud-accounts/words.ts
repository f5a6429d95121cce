import type { Shown } from "../common/words";
import type { CloudAccount } from "./queries";

export const STATUSES: Record<CloudAccount["status"], Shown> = {
  active: { type: "success", text: "Active" },
  "change-draft": { type: "in-progress", text: "Updating" },
  "delete-draft": { type: "in-progress", text: "Deleting" },
  "active-error": { type: "error", text: "Error" },
};
