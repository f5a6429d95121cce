import { expect, newAccount, newCustomer, registered, row, signIn, TAB, test } from "./scene";

const tab = "Cloud Account";

for (const [plan, present] of [
  ["free", false],
  ["fixed", false],
  ["flexible", true],
  ["annual", true],
] as const) {
  test(`with a ${plan} subscription the Cloud Account tab is ${present ? "present" : "absent"}`, async ({
    page,
  }) => {
    const { owner } = await newAccount([plan]);
    await signIn(page, owner, "/account-settings");
    await expect(page.getByRole("tab", { name: "Account", exact: true })).toBeVisible();
    await expect(page.getByRole("tab", { name: tab })).toHaveCount(present ? 1 : 0);
  });
}

test("the tab follows the selected subscription, and a direct link explains its absence", async ({
  page,
}) => {
  const { owner } = await newAccount(["fixed", "annual"]);
  await signIn(page, owner, TAB);
  await expect(page.getByText("The Cloud Account tab is not available")).toBeVisible();
  await expect(page.getByText(/Only Flexible and Annual subscriptions/)).toBeVisible();

  await page.getByRole("button", { name: "Subscription: The fixed one" }).click();
  await page.getByRole("menuitemcheckbox", { name: /The annual one/ }).click();
  await expect(page.getByRole("tab", { name: tab })).toBeVisible();
  await expect(page.getByText("No cloud accounts")).toBeVisible();

  await page.reload();
  await expect(page.getByRole("tab", { name: tab })).toBeVisible();
});

test("the table shows an account, its key masked until revealed", async ({ page }) => {
  const account = await newAccount();
  const customer = await newCustomer();
  await registered(account, customer);
  await signIn(page, account.owner, TAB);
  const shown = row(page, "production");
  await expect(shown).toContainText("Amazon Web Services");
  await expect(shown).toContainText(customer.account);
  await expect(shown).toContainText("Active");
  await expect(shown).not.toContainText(customer.key);
  await shown.getByRole("button", { name: "Show the access key of production" }).click();
  await expect(shown).toContainText(customer.key);
  await expect(page.getByText("Leave what Berth provisions to Berth")).toBeVisible();
});

test("names are shown as text, whatever is in them", async ({ page }) => {
  const account = await newAccount();
  const names = ["<script>document.title='no'</script>", "🚀".repeat(100), "\u202eright to left"];
  for (const name of names) await registered(account, await newCustomer(), name);
  await signIn(page, account.owner, TAB);
  for (const name of names) await expect(page.getByText(name, { exact: true })).toBeVisible();
  await expect(page).toHaveTitle(/Account Settings/);

  await page.getByRole("searchbox", { name: "Find cloud accounts" }).fill("script");
  await expect(page.getByText("1 match", { exact: true }).first()).toBeVisible();
});

test("a status that the console doesn't know is shown as it is", async ({ page }) => {
  const account = await newAccount();
  await registered(account, await newCustomer());
  await page.route("**/api/cloud-accounts", async (route) => {
    const reply = await route.fetch();
    const body = (await reply.json()) as { cloudAccounts: { status: string }[] };
    for (const one of body.cloudAccounts) one.status = "quarantined";
    await route.fulfill({ response: reply, json: body });
  });
  await signIn(page, account.owner, TAB);
  await expect(row(page, "production")).toContainText("quarantined");
});
