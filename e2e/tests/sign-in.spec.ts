import { expect, fillSignIn, newAccount, signIn, test } from "./scene";

test("signing in leads to where one wanted to go", async ({ page }) => {
  const { owner } = await newAccount();
  await signIn(page, owner, "/logs");
  await expect(page.getByRole("heading", { name: "Logs", level: 1 })).toBeVisible();
  expect(new URL(page.url()).pathname).toBe("/logs");
});

test("a wrong password and an unknown email are told alike", async ({ page }) => {
  const { owner } = await newAccount();
  const told: (string | null)[] = [];
  await page.goto(`${process.env.E2E_URL}/`);
  for (const person of [
    { ...owner, password: "wrong" },
    { email: "nobody@e2e.example", password: "wrong" },
  ]) {
    const answered = page.waitForResponse((reply) => reply.request().method() === "POST");
    await fillSignIn(page, person);
    expect((await answered).status()).toBe(401);
    const alert = page.locator("form [class*=awsui_alert]").first();
    await expect(alert).toBeVisible();
    told.push(await alert.textContent());
    await expect(page.getByLabel("Password", { exact: true })).toHaveValue("");
  }
  expect(told[0]).toBe(told[1]);
});

test("too many tries are slowed down, and it is said for how long", async ({ page }) => {
  const { owner } = await newAccount();
  await page.goto(`${process.env.E2E_URL}/`);
  await expect(async () => {
    await fillSignIn(page, { ...owner, password: "wrong" });
    await expect(page.getByText(/Try again in \d+ seconds/)).toBeVisible({ timeout: 1000 });
  }).toPass();
});

test("signing out ends the session on the server", async ({ page }) => {
  const { owner } = await newAccount();
  await signIn(page, owner);
  const cookies = await page.context().cookies();
  await page.getByRole("button", { name: "Signed in as" }).click();
  await page.getByRole("menuitem", { name: "Sign out" }).click();
  await expect(page.getByRole("heading", { name: "Sign in" })).toBeVisible();
  await expect(page.getByText("Your session has ended")).toBeHidden();

  await page.context().addCookies(cookies);
  const reply = await page.request.get(`${process.env.E2E_URL}/api/session`);
  expect(reply.status()).toBe(401);
});

test("the session's cookie can't be read by scripts", async ({ page }) => {
  const { owner } = await newAccount();
  await signIn(page, owner);
  const [cookie] = await page.context().cookies();
  expect(cookie).toMatchObject({ name: "berth_session", httpOnly: true, sameSite: "Strict", path: "/" });
  expect(await page.evaluate(() => document.cookie)).toBe("");
});

test("a forged cookie leads to sign-in", async ({ page }) => {
  const url = process.env.E2E_URL as string;
  await page.context().addCookies([{ name: "berth_session", value: "0".repeat(64), url }]);
  await page.goto(`${url}/subscriptions`);
  await expect(page.getByRole("heading", { name: "Sign in" })).toBeVisible();
});
