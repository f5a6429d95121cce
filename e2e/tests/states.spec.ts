import { expect, newAccount, newCustomer, registered, row, signIn, TAB, test } from "./scene";

test("a list that can't be loaded says why and can be asked for again", async ({ page }) => {
  const account = await newAccount();
  await registered(account, await newCustomer());
  let broken = true;
  await page.route("**/api/cloud-accounts", (route) =>
    broken ? route.fulfill({ status: 400, json: { message: "Broken on purpose." } }) : route.continue(),
  );
  await signIn(page, account.owner, TAB);
  await expect(page.getByText("Broken on purpose.")).toBeVisible();
  broken = false;
  await page.getByRole("button", { name: "Try again" }).click();
  await expect(row(page, "production")).toBeVisible();
});

test("a list that takes over ten seconds says so", async ({ page }) => {
  const { owner } = await newAccount();
  await page.route("**/api/cloud-accounts", () => undefined);
  await signIn(page, owner, TAB);
  await expect(page.getByText("Loading the cloud accounts")).toBeVisible();
  await expect(page.getByText(/takes longer than usual/)).toBeVisible();
  await expect(page.getByRole("button", { name: "Try again" })).toBeVisible();
});

test("without a network it says so, and goes on when it is back", async ({ page, context }) => {
  const { owner } = await newAccount();
  await signIn(page, owner, TAB);
  await expect(page.getByText("No cloud accounts")).toBeVisible();
  const offline = page.getByText(/You are offline/);
  await context.setOffline(true);
  await expect(offline).toBeVisible();
  // Chromium was seen to lose the news once in a while, which is no fault of the console's: it is told until it has it.
  await expect(async () => {
    await context.setOffline(true);
    await context.setOffline(false);
    await expect(offline).toBeHidden({ timeout: 2000 });
  }).toPass();
});

test("an address that leads nowhere says so", async ({ page }) => {
  const { owner } = await newAccount();
  await signIn(page, owner, "/no/such/page");
  await expect(page.getByText("There is no such page")).toBeVisible();
});
