import {
  control,
  expect,
  newAccount,
  newCustomer,
  type Person,
  registered,
  row,
  signIn,
  TAB,
  test,
} from "./scene";

const as = (account: number, role: string) => control<Person>("user", { account, role });

test("a Viewer sees no way to change anything, and is refused behind it", async ({ page }) => {
  const account = await newAccount();
  const id = await registered(account, await newCustomer());
  await signIn(page, await as(account.id, "viewer"), `${TAB}?dialog=add`);
  await expect(row(page, "production")).toBeVisible();
  for (const name of ["Add", "Edit", "Delete", "Verify now", "Actions for production"]) {
    await expect(page.getByRole("button", { name, exact: true })).toHaveCount(0);
  }
  await expect(page.getByRole("dialog")).toHaveCount(0);
  await expect(page.getByRole("link", { name: "Access Management" })).toHaveCount(0);

  const url = process.env.E2E_URL as string;
  const headers = { "x-berth-console": "1", origin: url };
  const refused = await page.request.delete(`${url}/v1/cloud-accounts/${id}`, { headers });
  expect(refused.status()).toBe(403);
});

test("a Manager may add, but not manage access", async ({ page }) => {
  const account = await newAccount();
  await signIn(page, await as(account.id, "manager"), TAB);
  await expect(page.getByRole("button", { name: "Add", exact: true })).toBeVisible();
  await page.goto(`${process.env.E2E_URL}/access-management`);
  await expect(page.getByText("You may not manage access")).toBeVisible();
});

test("a Logs Viewer is led to the logs and sees nothing else", async ({ page }) => {
  const account = await newAccount();
  await signIn(page, await as(account.id, "logs-viewer"), "/");
  await expect(page.getByRole("heading", { name: "Logs", level: 1 })).toBeVisible();
  await expect(page.getByRole("link", { name: "Subscriptions" })).toHaveCount(0);
});

test("a Billing Admin can look at the account", async ({ page }) => {
  const account = await newAccount();
  await signIn(page, await as(account.id, "billing-admin"), "/");
  await expect(page.getByRole("heading", { name: "Account Settings", level: 1 })).toBeVisible();
  await expect(page.getByRole("tab", { name: "Cloud Account" })).toHaveCount(0);
});
