// Maintenance windows as they are typed: the server's own rules, told before anything is sent.
import type { Problem } from "../../api/failure";
import { MaintenanceWindowsUpdate, MaintenanceWindowUpdate } from "../../api/limits";
import type { OneOf, Schemas } from "../../api/schemas";

export type Window = Schemas["MaintenanceWindow"];
type Mode = OneOf<typeof MaintenanceWindowsUpdate.mode>;

export const MODES: Record<Mode, string> = { automatic: "Any time", manual: "In these windows only" };
export const MOST_WINDOWS = MaintenanceWindowsUpdate.windows.maxItems;
export const DAYS = ["Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday"];
export const NEW_WINDOW: Window = { days: ["Sunday"], startHour: 2, durationInHours: 4 };

/** What is chosen on the page. */
export interface WindowsForm {
  mode: Mode;
  windows: Window[];
}

/** The hours at which a window may begin, and how many it may last. */
export const HOURS = between(MaintenanceWindowUpdate.startHour);
export const DURATIONS = between(MaintenanceWindowUpdate.durationInHours);

/** What is wrong with the windows. What the choices of the page don't let be wrong is not checked. */
export function windowProblems({ mode, windows }: WindowsForm): Problem[] {
  if (mode === "automatic") return [];
  const none = { field: "windows", message: "Add at least one window, or choose any time." };
  if (windows.length === 0) return [none];
  return windows.flatMap(({ days }, at) =>
    days.length === 0 ? [{ field: `windows[${at}].days`, message: "Choose at least one day." }] : [],
  );
}

/** "02:00" */
export function hour(at: number): string {
  return `${String(at % 24).padStart(2, "0")}:00`;
}

/** "02:00–06:00 UTC", and which of it is the next day. */
export function spoken({ days, startHour, durationInHours }: Window): string {
  const end = startHour + durationInHours;
  const next = end > 24 ? " the next day" : "";
  return `${days.join(", ")} from ${hour(startHour)} to ${hour(end)}${next} (UTC)`;
}

function between({ minimum, maximum }: { minimum: number; maximum: number }): number[] {
  return Array.from({ length: maximum - minimum + 1 }, (_, at) => minimum + at);
}
