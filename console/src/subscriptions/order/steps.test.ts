import { expect, test } from "vitest";

import { stepOf } from "./steps";

test.each([
  ["paymentMethodId", "plan"],
  ["cloudProviders[0].cloudAccountId", "account"],
  ["cloudProviders[0].regions[0].region", "regions"],
  ["cloudProviders[0].regions[0].networking.deploymentCIDR", "networking"],
  ["databases[2].name", "databases"],
  ["cloudProviders[0].resourceTags[0].key", "tags"],
  ["planId", "size"],
  ["subscription", "review"],
])("%s is mended in the step %s", (field, step) => expect(stepOf(field)).toBe(step));
