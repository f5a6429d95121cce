import { expect, test } from "vitest";

import { ago } from "./time";

const NOW = Date.parse("2026-06-15T12:00:00Z");

test.each([
  ["2026-06-15T11:59:57Z", "just now"],
  ["2026-06-15T12:00:05Z", "just now"],
  ["2026-06-15T11:59:15Z", "45 seconds ago"],
  ["2026-06-15T11:01:00Z", "59 minutes ago"],
  ["2026-06-15T09:00:00Z", "3 hours ago"],
  ["2026-06-14T11:00:00Z", "yesterday"],
  ["2026-03-15T11:00:00Z", "3 months ago"],
  ["2026-06-15T12:30:00Z", "in 30 minutes"],
  ["nonsense", "nonsense"],
])("%s is %s", (time, told) => expect(ago(time, NOW)).toBe(told));
