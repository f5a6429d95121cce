import {
  control,
  dialog,
  expect,
  field,
  type Key,
  newAccount,
  newCustomer,
  type Account,
  registered,
  row,
  signIn,
  TAB,
  test,
} from "./scene";
import type { Page } from "@playwright/test";

async function choose(page: Page, account: Account, name: string, button: string) {
  await signIn(page, account.owner, TAB);
  await row(page, name).getByRole("radio").check();
  await page.getByRole("button", { name: button, exact: true }).click();
}

test("an account is renamed without typing a secret", async ({ page }) => {
  const account = await newAccount();
  await registered(account, await newCustomer());
  await choose(page, account, "production", "Edit");
  const form = dialog(page, "Edit cloud account");
  const update = form.getByRole("button", { name: "Update account" });
  await expect(field(form, "Account name")).toHaveValue("production");
  await expect(field(form, "AWS secret key")).toHaveAttribute("placeholder", "unchanged");
  await expect(field(form, "AWS console password")).toHaveAttribute("placeholder", "unchanged");
  await expect(update).toBeDisabled();
  await field(form, "Account name").fill("renamed");
  await expect(update).toBeEnabled();
  await update.click();
  await expect(page.getByText("Cloud account updated")).toBeVisible();
  await expect(row(page, "renamed")).toBeVisible();
  await expect(row(page, "production")).toHaveCount(0);
});

test("a new key replaces the old one", async ({ page }) => {
  const account = await newAccount();
  const customer = await newCustomer();
  await registered(account, customer);
  const other = await control<Key>("access_key", { account: customer.account });
  await choose(page, account, "production", "Edit");
  const form = dialog(page, "Edit cloud account");
  await field(form, "AWS access key").fill(other.key);
  await field(form, "AWS secret key").focus();
  await field(form, "AWS secret key").blur();
  await expect(form.getByText("A new access key comes with its secret key.")).toBeVisible();
  await field(form, "AWS secret key").fill(other.secret);
  await form.getByRole("button", { name: "Update account" }).click();
  await expect(page.getByText("Cloud account updated")).toBeVisible();
  await page.getByRole("button", { name: "Show the access key of production" }).click();
  await expect(row(page, "production")).toContainText(other.key);
});

test("a wrong new key can't be saved, and the old one goes on working", async ({ page }) => {
  const account = await newAccount();
  const customer = await newCustomer();
  await registered(account, customer);
  await choose(page, account, "production", "Edit");
  const form = dialog(page, "Edit cloud account");
  await field(form, "AWS secret key").fill("A".repeat(40));
  await expect(field(form, "AWS secret key")).toHaveAttribute("aria-invalid", "true");
  await expect(form.getByRole("button", { name: "Update account" })).toBeDisabled();
  await form.getByRole("button", { name: "Cancel" }).click();

  await row(page, "production").getByRole("button", { name: "Actions for production" }).click();
  await page.getByRole("menuitem", { name: "Verify now" }).click();
  await expect(
    dialog(page, "Verify production").getByText("Access is verified", { exact: true }),
  ).toBeVisible();
});

test("an account that nothing uses is deleted after a question", async ({ page }) => {
  const account = await newAccount();
  const customer = await newCustomer();
  await registered(account, customer);
  await choose(page, account, "production", "Delete");
  const question = dialog(page, "Delete cloud account");
  await expect(question).toContainText("production");
  await expect(question).toContainText(customer.account);
  await question.getByRole("button", { name: "Delete" }).click();
  await expect(page.getByText("Cloud account deleted")).toBeVisible();
  await expect(page.getByText("No cloud accounts")).toBeVisible();
});

test("an account in use is not deleted, and it is said who uses it", async ({ page }) => {
  const account = await newAccount();
  const id = await registered(account, await newCustomer());
  await control("subscription", { account: account.id, plan: "annual", name: "Ledger", cloudAccount: id });
  await choose(page, account, "production", "Delete");
  const told = dialog(page, "Delete cloud account");
  await expect(told).toContainText("Ledger");
  await expect(told.getByRole("button", { name: "Delete" })).toHaveCount(0);
  await told.getByText("Close", { exact: true }).click();
  await expect(row(page, "production")).toContainText("Ledger");
});
