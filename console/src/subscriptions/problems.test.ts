import { expect, test } from "vitest";

import { saidOf, standing, valueAt, worded } from "./problems";

const NETWORK = "cloudProviders[0].regions[0].networking.deploymentCIDR";
const body = (cidr: string) => ({
  cloudProviders: [{ regions: [{ networking: { deploymentCIDR: cidr } }] }],
});

test("the server's words become a sentence about the field as it is called here", () => {
  const message = "is 10.0.0.0/24, which overlaps with 10.0.0.0/16 of subscription 7";
  expect(worded({ field: NETWORK, message }).message).toBe(`Deployment CIDR ${message}.`);
  expect(worded({ field: "new.field", message: "is wrong." }).message).toBe("new.field is wrong.");
});

test("a problem of a part is shown with the whole, where the part has no field of its own", () => {
  const problems = [{ field: "regions[0].subnetIds[1]", message: "Wrong." }];
  expect(saidOf(problems, "regions[0].subnetIds")).toBe("Wrong.");
  expect(saidOf(problems, "regions[0]", "alone")).toBe("");
  expect(saidOf(problems, "regions[0].subnet")).toBe("");
});

test("what the server refused stands until the field is changed", () => {
  const problems = [{ field: NETWORK, message: "overlaps" }];
  expect(standing(problems, body("10.0.0.0/24"), body("10.0.0.0/24"))).toHaveLength(1);
  expect(standing(problems, body("10.0.0.0/24"), body("10.0.1.0/24"))).toEqual([]);
  expect(valueAt(body("x"), NETWORK)).toBe("x");
  expect(valueAt(undefined, NETWORK)).toBeUndefined();
});
