import type { Page } from "@playwright/test";

import {
  awsId,
  built,
  BUILDING_MS,
  byHand,
  control,
  dialog,
  expect,
  ordered,
  type Person,
  readyToBuild,
  REGION,
  row,
  signIn,
  test,
} from "./scene";

// Each of these builds something first.
test.beforeEach(() => test.setTimeout(BUILDING_MS * 3));

const LONG = { timeout: BUILDING_MS };
const tab = (page: Page, name: RegExp | string) => page.getByRole("tab", { name });
const save = (page: Page) => page.getByRole("button", { name: "Save changes" });

test("a rule added by hand shows as drift until it is taken away", async ({ page }) => {
  const ready = await readyToBuild();
  const id = await built(ready);
  await signIn(page, ready.account.owner, `/subscriptions/${id}/drift`);
  const check = page.getByRole("button", { name: "Check now" });
  await check.click();
  await expect(page.getByText("No drift")).toBeVisible(LONG);

  const rule = {
    GroupId: await awsId(ready, id, "security-group/nodes"),
    IpPermissions: [{ IpProtocol: "tcp", FromPort: 22, ToPort: 22, IpRanges: [{ CidrIp: "0.0.0.0/0" }] }],
  };
  await byHand(ready, "authorize_security_group_ingress", rule);
  await check.click();
  const found = row(page, "Rule added");
  await expect(found).toBeVisible(LONG);
  await expect(found).toContainText("in: TCP 22 from 0.0.0.0/0");
  await expect(found).toContainText("security-group/nodes");
  await expect(tab(page, /Drift 1 difference/)).toBeVisible();
  await expect(page.getByText("It is not as Berth built it")).toBeVisible();
  await page.getByRole("link", { name: "Subscriptions", exact: true }).first().click();
  await page.getByRole("link", { name: "1 difference of Web shop" }).click();

  await byHand(ready, "revoke_security_group_ingress", rule);
  await check.click();
  await expect(page.getByText("No drift")).toBeVisible(LONG);
  await expect(page.getByText("It is not as Berth built it")).toBeHidden();
});

test("a rule added by hand is taken away by itself once an Owner wants that", async ({ page }) => {
  const ready = await readyToBuild();
  const id = await built(ready);
  await signIn(page, ready.account.owner, `/subscriptions/${id}/drift`);
  await expect(page.getByText("Nothing was restored")).toBeVisible();
  await page.getByRole("checkbox", { name: "Rules of security groups" }).click();
  await page.getByRole("radio", { name: "At once" }).click();
  await page.getByLabel("At most in an hour").fill("0");
  await save(page).click();
  await expect(page.getByText("Enter a whole number from 1 to 60.")).toBeVisible();
  await page.getByLabel("At most in an hour").fill("5");
  await save(page).click();
  await expect(save(page)).toBeDisabled();

  await byHand(ready, "authorize_security_group_ingress", {
    GroupId: await awsId(ready, id, "security-group/nodes"),
    IpPermissions: [{ IpProtocol: "tcp", FromPort: 22, ToPort: 22, IpRanges: [{ CidrIp: "0.0.0.0/0" }] }],
  });
  const restored = page.getByRole("table", { name: `Restored in ${REGION}` }).getByRole("row");
  // It is found with one look, and gone with a later one.
  await expect(async () => {
    await page.getByRole("button", { name: "Check now" }).click();
    await expect(restored.filter({ hasText: "Rule added" })).toContainText("Restored", { timeout: 10_000 });
    await expect(page.getByText("No drift")).toBeVisible({ timeout: 1_000 });
  }).toPass(LONG);
});

test("the figures of the nodes are shown as charts, beside AWS's checks of them", async ({ page }) => {
  const ready = await readyToBuild();
  const id = await built(ready);
  const instance = await awsId(ready, id, "node/1");
  await control("figures", { account: ready.customer.account, instance, values: [5, 40, 75, 20] });
  await signIn(page, ready.account.owner, `/subscriptions/${id}/monitoring`);
  const nodes = page.getByRole("table", { name: `Nodes in ${REGION}` });
  const chart = page.getByLabel(`Processor of the nodes in ${REGION}`);
  // AWS is read once a minute.
  await expect(async () => {
    await page.getByRole("button", { name: "Refresh" }).click();
    await expect(nodes.getByRole("row", { name: /node\/1/ })).toContainText("Passed", { timeout: 1_000 });
    await expect(chart.first()).toBeVisible({ timeout: 1_000 });
  }).toPass({ timeout: BUILDING_MS * 2 });
});

test("what AWS refuses is told with what to do, and goes on when it is tried again", async ({ page }) => {
  const ready = await readyToBuild();
  const { account, customer } = ready;
  await control("permissions", { account: customer.account, without: ["ec2:RunInstances"] });
  const id = await ordered(ready);
  await signIn(page, account.owner, `/subscriptions/${id}`);
  await expect(page.getByText("It went wrong")).toBeVisible(LONG);
  await expect(page.getByText(/AWS did not do ec2:RunInstances for node\/\d/)).toBeVisible();
  await expect(page.getByText(/Allow ec2:RunInstances to the cloud account's user/)).toBeVisible();
  await expect(page.getByText("Error", { exact: true })).toBeVisible();

  await control("permissions", { account: customer.account });
  await page.getByRole("button", { name: "Retry" }).click();
  await expect(page.getByText("Active", { exact: true })).toBeVisible(LONG);
  await expect(page.getByText("It went wrong")).toBeHidden();
});

test("the allow list is changed, and what is wrong with it is told beside it", async ({ page }) => {
  const ready = await readyToBuild();
  const id = await built(ready);
  await signIn(page, ready.account.owner, `/subscriptions/${id}/allow-list`);
  await expect(page.getByText("Nobody may reach the nodes")).toBeVisible();
  await page.getByRole("button", { name: "Add network" }).click();
  const network = page.getByPlaceholder("10.1.0.0/16");
  await network.fill("10.1.0.1/16");
  await save(page).click();
  await expect(page.getByText(/Enter an IPv4 network without bits behind its prefix/)).toBeVisible();
  await network.fill("192.0.2.0/24");
  await save(page).click();
  await expect(page.getByText("Allow list saved")).toBeVisible(LONG);
  await expect(save(page)).toBeDisabled();
  await page.reload();
  await expect(network).toHaveValue("192.0.2.0/24");
});

test("maintenance windows are chosen and kept", async ({ page }) => {
  const ready = await readyToBuild();
  const id = await built(ready);
  await signIn(page, ready.account.owner, `/subscriptions/${id}/maintenance`);
  await page.getByRole("radio", { name: "In these windows only" }).click();
  await save(page).click();
  await expect(page.getByText("Add at least one window")).toBeVisible();
  await page.getByRole("button", { name: "Add window" }).click();
  await expect(page.getByText("Sunday from 02:00 to 06:00 (UTC)")).toBeVisible();
  await save(page).click();
  await expect(page.getByText("Windows saved")).toBeVisible(LONG);
  await page.reload();
  await expect(page.getByText("Sunday from 02:00 to 06:00 (UTC)")).toBeVisible();
});

test("resource tags are changed, and what is typed outlives a look at another tab", async ({ page }) => {
  const ready = await readyToBuild();
  const id = await built(ready);
  await signIn(page, ready.account.owner, `/subscriptions/${id}/tags`);
  await page.getByRole("button", { name: "Add tag" }).click();
  const [key, value] = [page.getByPlaceholder("team"), page.getByPlaceholder("shop")];
  await key.fill("aws:team");
  await value.fill("shop");
  await save(page).click();
  await expect(page.getByText("Keys that begin with aws: are AWS's own.")).toBeVisible();
  await key.fill("team");
  await tab(page, "Overview").click();
  await tab(page, "Resource tags").click();
  await expect(key).toHaveValue("team");
  await save(page).click();
  await expect(page.getByText("Tags saved")).toBeVisible(LONG);
  await page.reload();
  await expect(value).toHaveValue("shop");
});

test("a subscription is deleted once its name was typed, and everything is gone", async ({ page }) => {
  const ready = await readyToBuild();
  const id = await built(ready);
  const vpc = await awsId(ready, id, "vpc");
  await signIn(page, ready.account.owner, `/subscriptions/${id}`);
  await page.getByRole("button", { name: "Delete", exact: true }).click();
  const form = dialog(page, "Delete subscription");
  await expect(form).toContainText(`${REGION}: 16 resources`);
  const remove = form.getByRole("button", { name: "Delete", exact: true });
  await expect(remove).toBeDisabled();
  await form.getByLabel("Name of the subscription").fill("web shop");
  await expect(remove).toBeDisabled();
  await form.getByLabel("Name of the subscription").fill("Web shop");
  await remove.click();
  await expect(page.getByText("The subscription was deleted")).toBeVisible(LONG);
  const left = await byHand(ready, "describe_vpcs", { Filters: [{ Name: "vpc-id", Values: [vpc] }] });
  expect(left).toMatchObject({ Vpcs: [] });
});

test("what is in the way of a removal is named, and the removal goes on without it", async ({ page }) => {
  const ready = await readyToBuild();
  const id = await built(ready);
  const VpcId = await awsId(ready, id, "vpc");
  const group = { VpcId, GroupName: "web", Description: "the customer's" };
  const { GroupId } = (await byHand(ready, "create_security_group", group)) as { GroupId: string };
  await signIn(page, ready.account.owner, `/subscriptions/${id}`);
  await page.getByRole("button", { name: "Delete", exact: true }).click();
  const form = dialog(page, "Delete subscription");
  await form.getByLabel("Name of the subscription").fill("Web shop");
  await form.getByRole("button", { name: "Delete", exact: true }).click();
  await expect(page.getByText(`security group ${GroupId} "web"`)).toBeVisible(LONG);
  await byHand(ready, "delete_security_group", { GroupId });
  await expect(page.getByText("The subscription was deleted")).toBeVisible(LONG);
});

test("a Viewer sees all of it and can change nothing", async ({ page }) => {
  const ready = await readyToBuild();
  const id = await built(ready);
  const viewer = await control<Person>("user", { account: ready.account.id, role: "viewer" });
  await signIn(page, viewer, `/subscriptions/${id}`);
  await expect(page.getByText("Overview").first()).toBeVisible();
  await expect(page.getByRole("button", { name: "Delete", exact: true })).toHaveCount(0);
  await tab(page, /Drift/).click();
  await expect(page.getByRole("table", { name: `Drift in ${REGION}` })).toBeVisible();
  await expect(page.getByRole("button", { name: "Check now" })).toHaveCount(0);
  await expect(page.getByText("Your role, Viewer, cannot change this: ask an Owner.")).toBeVisible();
  for (const name of ["Allow list", "Maintenance", "Resource tags"]) {
    await tab(page, name).click();
    await expect(page.getByText(/Your role, Viewer, cannot change this/)).toBeVisible();
    await expect(save(page)).toHaveCount(0);
  }
});
