import { expect, newAccount, newCustomer, registered, row, signIn, TAB, test } from "./scene";

test("a key is rotated from the table, and the dialog shows how far it is", async ({ page }) => {
  const account = await newAccount();
  const customer = await newCustomer();
  await registered(account, customer);
  await signIn(page, account.owner, TAB);
  await row(page, "production").getByRole("button", { name: "Actions for production" }).click();
  await page.getByRole("menuitem", { name: "Rotate key" }).click();
  const dialog = page.getByRole("dialog", { name: "Rotate access key" });
  await expect(dialog).toContainText("The old key keeps working");

  await dialog.getByRole("button", { name: "Rotate key" }).click();
  // Three verifications in a row, with pauses between them.
  await expect(dialog).toContainText("New key in force, old key watched", { timeout: 60_000 });
  await expect(dialog.getByRole("list", { name: "What happened" })).toContainText(customer.key);
  await expect(dialog.getByRole("button", { name: "Rotate key" })).toBeDisabled();

  await dialog.getByLabel("Rotate every so many days").fill("90");
  await dialog.getByRole("button", { name: "Save" }).click();
  await expect(dialog.getByRole("button", { name: "Save" })).toBeDisabled();
  await page.reload();
  await expect(dialog.getByLabel("Rotate every so many days")).toHaveValue("90");
});
