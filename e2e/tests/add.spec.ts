import {
  addAccount,
  control,
  dialog,
  expect,
  field,
  fill,
  type Key,
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

const wrong = (secret: string) => secret.slice(0, -1) + (secret.endsWith("x") ? "y" : "x");

test("an account is added once its access is verified, not before", async ({ page }) => {
  const account = await newAccount();
  const customer = await newCustomer();
  // Slow enough for what goes on to be seen.
  await control("fault", { key: customer.key, seconds: 1 });
  await signIn(page, account.owner, TAB);
  const form = await openAdd(page);
  const add = form.getByRole("button", { name: "Add account" });
  await expect(add).toBeDisabled();
  await fill(form, { ...customer, name: "production" });
  await expect(add).toBeDisabled();
  await expect(form.getByText("Verifying access", { exact: true })).toBeVisible();
  await expect(form.getByText("Access is verified", { exact: true })).toBeVisible();
  await expect(form.getByText("Console role:", { exact: true })).toBeVisible();
  await expect(add).toBeEnabled();
  await add.click();

  await expect(form).toBeHidden();
  await expect(page.getByText("Cloud account added")).toBeVisible();
  await expect(row(page, "production")).toContainText(customer.account);
  // The secret is nowhere in the browser.
  const kept = await page.evaluate(() => JSON.stringify([{ ...localStorage }, { ...sessionStorage }]));
  expect(kept).not.toContain(customer.secret);
  expect(await page.content()).not.toContain(customer.secret);
});

test("a wrong secret turns its field red", async ({ page }) => {
  const account = await newAccount();
  const customer = await newCustomer();
  await signIn(page, account.owner, TAB);
  const form = await openAdd(page);
  await fill(form, { ...customer, name: "production", secret: wrong(customer.secret) });
  await expect(field(form, "AWS secret key")).toHaveAttribute("aria-invalid", "true");
  await expect(field(form, "IAM role name")).not.toHaveAttribute("aria-invalid", "true");
  await expect(form.getByRole("button", { name: "Add account" })).toBeDisabled();

  // Corrected, the red is gone at once, before the new check.
  await fill(form, { secret: customer.secret });
  await expect(field(form, "AWS secret key")).not.toHaveAttribute("aria-invalid", "true", { timeout: 300 });
  await expect(form.getByRole("button", { name: "Add account" })).toBeEnabled();
});

test("a missing permission is named, with the statement to add", async ({ page, context }) => {
  await context.grantPermissions(["clipboard-read", "clipboard-write"]);
  const account = await newAccount();
  const customer = await newCustomer();
  const limited = await control<Key>("limited_user", {
    account: customer.account,
    without: ["ec2:RunInstances"],
  });
  await signIn(page, account.owner, TAB);
  const form = await openAdd(page);
  await fill(form, { ...customer, ...limited, name: "production" });
  await expect(field(form, "AWS access key")).toHaveAttribute("aria-invalid", "true");
  const tip = await problem(form, "AWS access key");
  await expect(tip.locator("pre")).toContainText("ec2:RunInstances");
  await tip.getByRole("button", { name: /^Copy statement/ }).click();
  const copied = await page.evaluate(() => navigator.clipboard.readText());
  expect((JSON.parse(`[${copied}]`) as { Action: string[] }[]).flatMap((one) => one.Action)).toContain(
    "ec2:RunInstances",
  );
});

test("a missing role is the role's problem", async ({ page }) => {
  const account = await newAccount();
  const customer = await newCustomer();
  await signIn(page, account.owner, TAB);
  const form = await openAdd(page);
  await fill(form, { ...customer, name: "production", role: "berth-missing" });
  await expect(field(form, "IAM role name")).toHaveAttribute("aria-invalid", "true");
  await expect(await problem(form, "IAM role name")).toContainText("berth-missing");
});

test("a name that is taken is the name's problem", async ({ page }) => {
  const account = await newAccount();
  await registered(account, await newCustomer(), "production");
  await signIn(page, account.owner, TAB);
  const form = await openAdd(page);
  await fill(form, { ...(await newCustomer()), name: "production" });
  await expect(field(form, "Account name")).toHaveAttribute("aria-invalid", "true");
  await expect(form.getByRole("button", { name: "Add account" })).toBeDisabled();
  await fill(form, { name: "another" });
  await expect(form.getByRole("button", { name: "Add account" })).toBeEnabled();
});

test("when AWS is unreachable no field is to blame", async ({ page }) => {
  const account = await newAccount();
  const customer = await newCustomer();
  await control("fault", { key: customer.key, unreachable: true });
  await signIn(page, account.owner, TAB);
  const form = await openAdd(page);
  await fill(form, { ...customer, name: "production" });
  await expect(form.getByText("Access could not be verified", { exact: true })).toBeVisible({
    timeout: 45_000,
  });
  await expect(form.locator("[aria-invalid=true]")).toHaveCount(0);
  await expect(form.getByRole("button", { name: "Add account" })).toBeDisabled();

  await control("fault", { key: customer.key });
  await form.getByRole("button", { name: "Check again" }).first().click();
  await expect(form.getByRole("button", { name: "Add account" })).toBeEnabled();
});

test("slow AWS: each check shows as it finishes, and patience is asked for", async ({ page }) => {
  const account = await newAccount();
  const customer = await newCustomer();
  await control("fault", { key: customer.key, seconds: 8, spare: "GetCallerIdentity" });
  await signIn(page, account.owner, TAB);
  const form = await openAdd(page);
  await fill(form, { ...customer, name: "production" });
  await expect(form.getByText("Access key:", { exact: true })).toBeVisible();
  await expect(form.getByText("Verifying access", { exact: true })).toBeVisible();
  await expect(form.getByRole("button", { name: "Add account" })).toBeDisabled();
  await expect(form.getByText(/takes longer than usual/)).toBeVisible({ timeout: 20_000 });
  // In the end Berth gives up waiting; that is AWS's fault and no field's.
  await expect(form.getByText("Access could not be verified", { exact: true })).toBeVisible({
    timeout: 30_000,
  });
  await expect(form.locator("[aria-invalid=true]")).toHaveCount(0);
  await control("fault", { key: customer.key });
  await form.getByRole("button", { name: "Check again" }).last().click();
  await expect(form.getByRole("button", { name: "Add account" })).toBeEnabled();
});

test("answers out of order: the older one never counts, and the button is never active for it", async ({
  page,
}) => {
  const account = await newAccount();
  const good = await newCustomer();
  const slow = await control<Key>("access_key", { account: good.account });
  await control("fault", { key: slow.key, seconds: 2 });
  await signIn(page, account.owner, TAB);
  const form = await openAdd(page);
  const add = form.getByRole("button", { name: "Add account" });
  await fill(form, { ...good, ...slow, name: "production" });
  await expect(form.getByText("Verifying access", { exact: true })).toBeVisible();
  // While the good but slow one is under way, the field becomes wrong.
  await fill(form, { key: good.key, secret: wrong(good.secret) });
  let active = false;
  const watched = form
    .page()
    .waitForFunction(
      () => {
        const buttons = [...document.querySelectorAll("button")];
        return buttons.some(
          (one) => one.textContent === "Add account" && !one.disabled && one.ariaDisabled !== "true",
        );
      },
      undefined,
      { polling: "raf", timeout: 8_000 },
    )
    .then(() => (active = true))
    .catch(() => undefined);
  await expect(field(form, "AWS secret key")).toHaveAttribute("aria-invalid", "true");
  await watched;
  expect(active).toBe(false);
  await expect(add).toBeDisabled();
});

test("malformed fields are told without asking the server", async ({ page }) => {
  const { owner } = await newAccount();
  let asked = 0;
  await page.route("**/api/cloud-accounts/verify", (route) => {
    asked++;
    return route.continue();
  });
  await signIn(page, owner, TAB);
  const form = await openAdd(page);
  await fill(form, {
    name: "🚀".repeat(101),
    key: "ASIAIOSFODNN7EXAMPLE",
    secret: "short",
    role: "arn:aws:iam::1:role/x",
  });
  await field(form, "Account name").focus();
  await expect(form.getByText(/100 characters or less/)).toBeVisible();
  await expect(form.getByText(/temporary access key/)).toBeVisible();
  await expect(form.getByText(/40 characters/)).toBeVisible();
  await expect(form.getByText(/without the ARN/)).toBeVisible();
  expect(asked).toBe(0);
});

test("a task that is going on is followed after a reload", async ({ page }) => {
  const account = await newAccount();
  const customer = await newCustomer();
  await signIn(page, account.owner, TAB);
  const form = await openAdd(page);
  await fill(form, { ...customer, name: "production" });
  await expect(form.getByRole("button", { name: "Add account" })).toBeEnabled();
  await control("fault", { key: customer.key, seconds: 2 });
  await form.getByRole("button", { name: "Add account" }).click();
  await expect(page.getByText("Adding the cloud account")).toBeVisible();
  await page.reload();
  await expect(page.getByText("Adding the cloud account")).toBeVisible();
  await expect(page.getByText("Cloud account added")).toBeVisible({ timeout: 45_000 });
  await expect(row(page, "production")).toBeVisible();
});

test("by keyboard alone", async ({ page }) => {
  const account = await newAccount();
  const customer = await newCustomer();
  await signIn(page, account.owner, TAB);
  await expect(page.getByText("No cloud accounts")).toBeVisible();
  const tabTo = async (name: RegExp | string) => {
    for (let presses = 0; presses < 60; presses++) {
      const label = await page.evaluate(() => {
        const focused = document.activeElement;
        return focused?.getAttribute("aria-label") ?? focused?.textContent ?? "";
      });
      if (typeof name === "string" ? label.trim() === name : name.test(label)) return;
      await page.keyboard.press("Tab");
    }
    throw new Error(`no way by Tab to ${name}`);
  };
  await tabTo("Add");
  await page.keyboard.press("Enter");
  const form = dialog(page, "Add cloud account");
  await expect(field(form, "Account name")).toBeFocused();
  const type = async (label: string, text: string) => {
    for (let presses = 0; presses < 12; presses++) {
      if (await field(form, label).evaluate((one) => one === document.activeElement)) break;
      await page.keyboard.press("Tab");
    }
    await expect(field(form, label)).toBeFocused();
    await page.keyboard.insertText(text);
  };
  await type("Account name", "by keyboard");
  await type("AWS access key", customer.key);
  await type("AWS secret key", customer.secret);
  await type("IAM role name", customer.role);
  await expect(form.getByRole("button", { name: "Add account" })).toBeEnabled();
  await tabTo("Add account");
  await page.keyboard.press("Enter");
  await expect(row(page, "by keyboard")).toBeVisible();
});

test("two accounts, one after the other", async ({ page }) => {
  const account = await newAccount();
  await signIn(page, account.owner, TAB);
  await addAccount(page, await newCustomer(), "first");
  await addAccount(page, await newCustomer(), "second");
  await expect(row(page, "first")).toBeVisible();
});
