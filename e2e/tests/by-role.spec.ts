// Cloud accounts that Berth enters by a role instead of an access key.
import type { Locator, Page } from "@playwright/test";

import {
  control,
  type Customer,
  dialog,
  expect,
  field,
  newAccount,
  newCustomer,
  openAdd,
  problem,
  registered,
  row,
  signIn,
  TAB,
  test,
} from "./scene";

/** Has an external id issued in the dialog. */
async function issued(form: Locator): Promise<string> {
  await form.getByRole("radio", { name: "By role" }).check();
  await form.getByRole("button", { name: "Issue external id" }).click();
  await expect(field(form, "External id")).toHaveValue(/^berth-/);
  return field(form, "External id").inputValue();
}

const accessRole = async ({ account }: Customer, externalId: string, conditions = true) =>
  (await control<{ arn: string }>("access_role", { account, externalId, conditions })).arn;

async function openEdit(page: Page, name: string): Promise<Locator> {
  await row(page, name)
    .getByRole("button", { name: `Actions for ${name}` })
    .click();
  await page.getByRole("menuitem", { name: "Edit" }).click();
  return dialog(page, "Edit cloud account");
}

test("an account is added by its role, with the external id that Berth issued", async ({ page, context }) => {
  await context.grantPermissions(["clipboard-read", "clipboard-write"]);
  const [account, customer] = [await newAccount(), await newCustomer()];
  await signIn(page, account.owner, TAB);
  const form = await openAdd(page);
  const externalId = await issued(form);
  await expect(form.getByText(/Issued for this account/)).toContainText("expires in 23 hours");
  await form.getByRole("button", { name: "Copy external id" }).click();
  expect(await page.evaluate(() => navigator.clipboard.readText())).toBe(externalId);

  const arn = await accessRole(customer, externalId);
  await field(form, "Account name").fill("by role");
  await field(form, "Role ARN").fill(arn);
  await field(form, "IAM role name").fill(customer.role);
  await expect(form.getByText("Access is verified", { exact: true })).toBeVisible();
  await form.getByRole("button", { name: "Add account" }).click();

  await expect(page.getByText("Cloud account added")).toBeVisible();
  await expect(row(page, "by role")).toContainText(arn);
  await row(page, "by role").getByRole("button", { name: "Actions for by role" }).click();
  const rotate = page.getByRole("menuitem", { name: "Rotate key" });
  await expect(rotate).toHaveAttribute("aria-disabled", "true");
  await rotate.hover();
  await expect(
    page.getByText(/there is no access key, so there is nothing to rotate/).first(),
  ).toBeAttached();
});

test("a role that asks for no external id is refused, and an external id of nobody's is none", async ({
  page,
}) => {
  const [account, customer] = [await newAccount(), await newCustomer()];
  await signIn(page, account.owner, TAB);
  const form = await openAdd(page);
  const externalId = await issued(form);
  const arn = await accessRole(customer, externalId, false);
  await field(form, "Account name").fill("open");
  await field(form, "Role ARN").fill(arn);
  await field(form, "IAM role name").fill(customer.role);

  await expect(field(form, "Role ARN")).toHaveAttribute("aria-invalid", "true");
  const tip = await problem(form, "Role ARN");
  await expect(tip).toContainText("confused deputy");
  await expect(tip.getByRole("group", { name: "Policy" })).toContainText(externalId);
  await page.keyboard.press("Escape");
  await expect(form.getByRole("button", { name: "Add account" })).toBeDisabled();

  await field(form, "External id").fill("berth-of-nobody");
  await expect(field(form, "External id")).toHaveAttribute("aria-invalid", "true");
  await expect(await problem(form, "External id")).toContainText("There is no such external id");
  await expect(form.getByRole("button", { name: "Add account" })).toBeDisabled();
});

test("an account goes over from its key to a role, and is renamed after that", async ({ page }) => {
  const [account, customer] = [await newAccount(), await newCustomer()];
  await registered(account, customer);
  await signIn(page, account.owner, TAB);
  const form = await openEdit(page, "production");
  const arn = await accessRole(customer, await issued(form));
  await field(form, "Role ARN").fill(arn);
  await form.getByRole("button", { name: "Update account" }).click();
  await expect(row(page, "production")).toContainText(arn);

  const again = await openEdit(page, "production");
  await expect(again.getByRole("radio", { name: "By role" })).toBeChecked();
  await expect(field(again, "Role ARN")).toHaveValue(arn);
  await field(again, "Account name").fill("renamed");
  await again.getByRole("button", { name: "Update account" }).click();
  await expect(row(page, "renamed")).toContainText(arn);
});

test("the guide makes the kit for the role and leads back to the dialog with its external id", async ({
  page,
}) => {
  const account = await newAccount();
  await signIn(page, account.owner, TAB);
  const form = await openAdd(page);
  await field(form, "Account name").fill("by role");
  await form.getByRole("radio", { name: "By role" }).check();
  await form.getByRole("link", { name: "Read more" }).click();
  // The dialog has such a button, too.
  await expect(form).toBeHidden();
  await page.getByRole("button", { name: "Issue external id" }).click();

  await expect(page.getByText("Role that Berth assumes")).toBeVisible();
  const template = await page.getByRole("group", { name: "template" }).innerText();
  const externalId = /"sts:ExternalId": "(berth-[^"]+)"/.exec(template)?.[1];
  expect(externalId).toBeDefined();
  expect(template).not.toContain("AWS::IAM::AccessKey");

  await page
    .getByRole("button", { name: "Check again" })
    .or(page.getByRole("link", { name: "Check again" }))
    .click();
  const back = dialog(page, "Add cloud account");
  await expect(field(back, "Account name")).toHaveValue("by role");
  await expect(field(back, "External id")).toHaveValue(externalId as string);
});
