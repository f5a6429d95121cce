import { expect, test } from "vitest";

import { awsLink } from "./kinds";

test("a resource leads to its page in the AWS console, in its region", () => {
  expect(awsLink("eu-west-1", "instance", "i-0abc")).toBe(
    "https://eu-west-1.console.aws.amazon.com/ec2/home?region=eu-west-1#InstanceDetails:instanceId=i-0abc",
  );
  expect(awsLink("eu-west-1", "vpc", "vpc-0abc")).toBe(
    "https://eu-west-1.console.aws.amazon.com/vpcconsole/home?region=eu-west-1#VpcDetails:VpcId=vpc-0abc",
  );
});

test("without an id, or for a kind unknown here, there is no link", () => {
  expect(awsLink("eu-west-1", "instance", null)).toBeNull();
  expect(awsLink("eu-west-1", "placement-group", "pg-1")).toBeNull();
});

test("what comes from outside can't lead elsewhere", () => {
  expect(awsLink("evil.example/", "vpc", "x&y#z")).toBe(
    "https://evil.example%2F.console.aws.amazon.com/vpcconsole/home?region=evil.example%2F#VpcDetails:VpcId=x%26y%23z",
  );
});
