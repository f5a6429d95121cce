import {
  expect,
  field,
  fill,
  fillSignIn,
  newAccount,
  newCustomer,
  openAdd,
  signIn,
  TAB,
  test,
} from "./scene";

test("a session that ends in the middle of a form keeps what was typed, except secrets", async ({ page }) => {
  const { owner } = await newAccount();
  const customer = await newCustomer();
  await signIn(page, owner, TAB);
  let form = await openAdd(page);
  await fill(form, { name: "half-typed", key: customer.key, secret: customer.secret });

  // Ended elsewhere, without this page's knowing.
  const url = process.env.E2E_URL as string;
  const ended = await page.request.delete(`${url}/api/session`, {
    headers: { "x-berth-console": "1", origin: url },
  });
  expect(ended.status()).toBe(204);

  await fill(form, { role: customer.role });
  await expect(page.getByText("Your session has ended")).toBeVisible();
  await fillSignIn(page, owner);

  form = page.getByRole("dialog", { name: "Add cloud account" });
  await expect(field(form, "Account name")).toHaveValue("half-typed");
  await expect(field(form, "AWS access key")).toHaveValue(customer.key);
  await expect(field(form, "IAM role name")).toHaveValue(customer.role);
  await expect(field(form, "AWS secret key")).toHaveValue("");
  await fill(form, { secret: customer.secret });
  await expect(form.getByRole("button", { name: "Add account" })).toBeEnabled();
});

test("somebody else who signs in finds nothing of what was typed", async ({ page }) => {
  const [first, second] = [await newAccount(), await newAccount()];
  await signIn(page, first.owner, TAB);
  await fill(await openAdd(page), { name: "of the first" });
  await page.context().clearCookies();
  await page.reload();
  await fillSignIn(page, second.owner);
  const form = page.getByRole("dialog", { name: "Add cloud account" });
  await expect(field(form, "Account name")).toHaveValue("");
});

test("the guide and back: what was typed is kept, except the secret", async ({ page }) => {
  const { owner } = await newAccount();
  const customer = await newCustomer();
  await signIn(page, owner, TAB);
  let form = await openAdd(page);
  await fill(form, { ...customer, name: "after reading" });
  await form.getByRole("link", { name: /Read more/ }).click();
  await expect(page.getByRole("heading", { name: "Create IAM resources", level: 1 })).toBeVisible();
  await page.getByRole("link", { name: "Check again" }).click();
  form = page.getByRole("dialog", { name: "Add cloud account" });
  await expect(field(form, "Account name")).toHaveValue("after reading");
  await expect(field(form, "AWS access key")).toHaveValue(customer.key);
  await expect(field(form, "AWS secret key")).toHaveValue("");
});

test("other sessions are listed and can be ended", async ({ page, browser }) => {
  const { owner } = await newAccount();
  const elsewhere = await (await browser.newContext()).newPage();
  await signIn(elsewhere, owner, "/subscriptions");
  await signIn(page, owner, "/account-settings");
  await page.getByRole("button", { name: "Sign out there" }).click();
  await expect(page.getByRole("button", { name: "Sign out there" })).toHaveCount(0);
  await elsewhere.reload();
  await expect(elsewhere.getByRole("heading", { name: "Sign in" })).toBeVisible();
});
