import type { Page } from "@playwright/test";

import {
  built,
  BUILDING_MS,
  control,
  dialog,
  expect,
  fill,
  fillSignIn,
  newAccount,
  newCustomer,
  type Person,
  readyToBuild,
  REGION,
  registered,
  signIn,
  test,
} from "./scene";

const WIZARD = "/subscriptions/create";

const next = (page: Page) => page.getByRole("button", { name: "Next", exact: true }).click();
const step = (page: Page, name: string) =>
  expect(page.getByRole("heading", { level: 2, name, exact: true }).first()).toBeVisible();
const input = (page: Page, label: string) => page.getByRole("textbox", { name: label });
const create = (page: Page) => page.getByRole("button", { name: "Create subscription" });

async function chooseRegion(page: Page, region = REGION) {
  await page.getByRole("button", { name: /^Region/ }).click();
  await page.getByRole("option", { name: region, exact: true }).click();
}

/** From the first step to the regions; the name stays as it is proposed where none is given. */
async function toRegions(page: Page, name?: string) {
  if (name) await input(page, "Name").fill(name);
  await next(page);
  await page.getByRole("radio", { name: "production" }).click();
  await next(page);
}

/** From the first step to the review, with what every journey types. */
async function toReview(page: Page, { name = "Web shop" } = {}) {
  await toRegions(page, name);
  await chooseRegion(page);
  await next(page);
  await step(page, `Network in ${REGION}`);
  await next(page);
  await expect(input(page, "Database name")).toBeVisible();
  await next(page);
  await step(page, "Resource tags");
  await next(page);
  await expect(page.getByRole("heading", { name: "Review and create" })).toBeVisible();
}

test("the wizard shows what would be built, orders it, and the page shows it being built", async ({
  page,
}) => {
  test.setTimeout(BUILDING_MS * 2);
  const { account } = await readyToBuild();
  await signIn(page, account.owner, "/subscriptions");
  await page.getByRole("link", { name: "Create subscription" }).click();
  await toReview(page);

  await expect(page.getByText("There is room for it", { exact: true })).toBeVisible();
  await expect(page.getByText("16 AWS resources would be made")).toBeVisible();
  const planned = page.getByRole("table", { name: `Resources in ${REGION}` });
  await expect(planned.getByRole("row", { name: /security-group\/nodes/ })).toBeVisible();
  const quotas = page.getByRole("table", { name: `Quotas in ${REGION}` });
  await expect(quotas.getByRole("row", { name: /Virtual processors/ })).toBeVisible();

  await create(page).click();
  await expect(page.getByRole("heading", { name: "Web shop", level: 1 })).toBeVisible();
  await expect(page).toHaveURL(/\/subscriptions\/\d+$/);
  await expect(page.getByText("Active", { exact: true })).toBeVisible({ timeout: BUILDING_MS });
  await page.getByRole("tab", { name: "Resources" }).click();
  const resources = page.getByRole("table", { name: `Resources in ${REGION}` });
  const vpc = resources.getByRole("row", { name: /^vpc/ });
  await expect(vpc).toContainText("In place");
  await expect(vpc.getByRole("link")).toHaveAttribute(
    "href",
    /us-east-1\.console\.aws\.amazon\.com\/vpcconsole/,
  );
  await page.getByRole("tab", { name: "Databases" }).click();
  await expect(page.getByText("Planned, not running")).toBeVisible();
  await expect(page.getByRole("row", { name: /database-1/ })).toContainText("Planned");
});

test("a dry run that AWS has something against tells it beside the field, and nothing typed is lost", async ({
  page,
}) => {
  const { account } = await readyToBuild();
  await signIn(page, account.owner, WIZARD);
  await toRegions(page, "Own network");
  await chooseRegion(page);
  await next(page);
  await page.getByRole("radio", { name: "My own VPC" }).click();
  await input(page, "VPC ID").fill("vpc-0125be68a4625884a");
  await input(page, "Subnet ID").fill("subnet-0125be68a4625884a");
  await input(page, "Security group ID").fill("sg-0125be68a4625884a");
  await next(page);
  await next(page);
  await next(page);
  const refused = page.getByText("It cannot be ordered like this");
  await expect(refused).toBeVisible();
  await expect(create(page)).toBeDisabled();
  await page.getByRole("button", { name: "Go to Networking" }).first().click();
  await expect(page.getByText("VPC vpc-0125be68a4625884a is not there in us-east-1.")).toBeVisible();
  await expect(input(page, "VPC ID")).toHaveAttribute("aria-invalid", "true");
  await expect(input(page, "Subnet ID")).toHaveValue("subnet-0125be68a4625884a");

  await page.getByRole("radio", { name: "A new VPC" }).click();
  await expect(input(page, "Deployment CIDR")).toHaveValue("10.0.0.0/24");
  for (let at = 0; at < 3; at++) await next(page);
  await expect(page.getByText("There is room for it", { exact: true })).toBeVisible();
  await expect(create(page)).toBeEnabled();
});

test("what is missing is told in its step, and the field has the focus", async ({ page }) => {
  const { account } = await readyToBuild();
  await signIn(page, account.owner, WIZARD);
  await next(page);
  await next(page);
  await expect(page.getByText("Choose a cloud account.")).toBeVisible();
  await page.getByRole("radio", { name: "production" }).click();
  await next(page);
  await next(page);
  await expect(page.getByText("Choose a region.")).toBeVisible();
  await chooseRegion(page);
  await next(page);
  await input(page, "Deployment CIDR").fill("10.0.0.0/8");
  await next(page);
  await expect(page.getByText("Enter a network from /16 to /24; this is a /8.")).toBeVisible();
  await expect(input(page, "Deployment CIDR")).toBeFocused();
});

test("a network that another subscription has is not proposed, and refused when it is typed", async ({
  page,
}) => {
  test.setTimeout(BUILDING_MS * 2);
  const ready = await readyToBuild();
  await built(ready);
  await signIn(page, ready.account.owner, WIZARD);
  await toRegions(page);
  await chooseRegion(page);
  await next(page);
  await expect(input(page, "Deployment CIDR")).toHaveValue("10.0.1.0/24");
  await input(page, "Deployment CIDR").fill("10.0.0.0/16");
  for (let at = 0; at < 3; at++) await next(page);
  await expect(
    page.getByText(/overlaps with 10\.0\.0\.0\/24 of subscription Web shop/).first(),
  ).toBeVisible();
});

test("zones are chosen among those that AWS has for the AWS account", async ({ page }) => {
  const { account } = await readyToBuild();
  await signIn(page, account.owner, WIZARD);
  await toRegions(page, "Zoned");
  const zones = page.getByRole("button", { name: /^Preferred zones/ });
  await expect(zones).toBeDisabled();
  await chooseRegion(page);
  await page.getByRole("radio", { name: /^Three zones/ }).click();
  await zones.click();
  for (const zone of ["use1-az4", "use1-az1"]) await page.getByRole("option", { name: zone }).click();
  await page.keyboard.press("Escape");
  await next(page);
  await expect(page.getByText("Choose three zones, or none; these are 2.")).toBeVisible();
  await zones.click();
  await page.getByRole("option", { name: "use1-az2" }).click();
  await page.keyboard.press("Escape");
  for (let at = 0; at < 4; at++) await next(page);
  await expect(page.getByText("Three zones: use1-az4, use1-az1, use1-az2")).toBeVisible();
});

test("when AWS tells no zones, the wizard says why and goes on without", async ({ page }) => {
  const { account } = await readyToBuild();
  await signIn(page, account.owner, WIZARD);
  await toRegions(page, "Zoneless");
  await page.route("**/zones?region=*", (route) =>
    route.fulfill({
      status: 403,
      json: {
        type: "CLOUD_ACCOUNT_PERMISSION_FAILED",
        status: 403,
        message: "Allow ec2:DescribeAvailabilityZones.",
      },
    }),
  );
  await chooseRegion(page);
  await page.getByRole("button", { name: /^Preferred zones/ }).click();
  await expect(page.getByText("Allow ec2:DescribeAvailabilityZones.")).toBeVisible();
  await page.unroute("**/zones?region=*");
  await page.getByRole("button", { name: "Try again" }).click();
  await expect(page.getByRole("option", { name: "use1-az1" })).toBeVisible();
});

test("a session that ends in the middle of the wizard loses nothing", async ({ page }) => {
  const { account } = await readyToBuild();
  await signIn(page, account.owner, WIZARD);
  await toRegions(page, "Half-typed");
  await page.context().clearCookies();
  await page.reload();
  await fillSignIn(page, account.owner);
  await expect(page.getByText("What you typed before was kept.")).toBeVisible();
  await expect(page.getByRole("heading", { name: "Regions and zones" })).toBeVisible();
  await page.getByRole("button", { name: "Previous" }).click();
  await expect(page.getByRole("radio", { name: "production" })).toBeChecked();
  await page.getByRole("button", { name: "Previous" }).click();
  await expect(input(page, "Name")).toHaveValue("Half-typed");
});

test("the first cloud account is added from within the wizard", async ({ page }) => {
  const { owner } = await newAccount([]);
  const customer = await newCustomer();
  await signIn(page, owner, WIZARD);
  await input(page, "Name").fill("The first one");
  await next(page);
  await expect(page.getByText("No cloud accounts")).toBeVisible();
  await page.getByRole("button", { name: "Add cloud account" }).click();
  const form = dialog(page, "Add cloud account");
  await fill(form, { ...customer, name: "production" });
  await expect(form.getByText("Access is verified", { exact: true })).toBeVisible();
  await form.getByRole("button", { name: "Add account" }).click();
  await page.getByRole("radio", { name: "production" }).click();
  await page.getByRole("button", { name: "Previous" }).click();
  await expect(input(page, "Name")).toHaveValue("The first one");
});

test("a cloud account that does not work can't be chosen, and says why", async ({ page }) => {
  const ready = await readyToBuild();
  await registered(ready.account, await newCustomer(), "second");
  await page.route("**/api/cloud-accounts", async (route) => {
    const reply = await route.fetch();
    const body = (await reply.json()) as {
      cloudAccounts: { name: string; status: string; statusReason: string }[];
    };
    for (const one of body.cloudAccounts.filter(({ name }) => name === "production")) {
      Object.assign(one, { status: "active-error", statusReason: "AWS refused the access key." });
    }
    await route.fulfill({ response: reply, json: body });
  });
  await signIn(page, ready.account.owner, WIZARD);
  await next(page);
  await expect(page.getByRole("radio", { name: "production" })).toBeDisabled();
  await expect(page.getByText(/Not usable now.*AWS refused the access key/)).toBeVisible();
  await expect(page.getByRole("radio", { name: "second" })).toBeEnabled();
});

test("a subscription of a fixed size is ordered, and has no cloud account", async ({ page }) => {
  const { owner } = await newAccount([]);
  await signIn(page, owner, WIZARD);
  await page.getByRole("radio", { name: "Free or Fixed" }).click();
  await input(page, "Name").fill("Trial");
  await next(page);
  await chooseRegion(page);
  await page.getByRole("radio", { name: /Free/ }).click();
  await next(page);
  await create(page).click();
  await expect(page.getByRole("heading", { name: "Trial", level: 1 })).toBeVisible();
  await expect(page.getByText("The operator's own: Free subscriptions have no other")).toBeVisible();
});

test("a Viewer is told that the wizard is not for this role", async ({ page }) => {
  const { account } = await readyToBuild();
  const viewer = await control<Person>("user", { account: account.id, role: "viewer" });
  await signIn(page, viewer, WIZARD);
  await expect(page.getByText("You may not create subscriptions")).toBeVisible();
  await page.getByRole("link", { name: "Subscriptions", exact: true }).first().click();
  await expect(page.getByRole("link", { name: "Create subscription" })).toHaveCount(0);
});
