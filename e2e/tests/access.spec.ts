import type { Locator } from "@playwright/test";

import { expect, fillSignIn, newAccount, row, signIn, test } from "./scene";

async function shownOnce(dialog: Locator, name: string): Promise<string> {
  const text = await dialog.getByRole("group", { name }).innerText();
  return text.trim().split(/\s+/).at(-1) ?? "";
}

test("a user is added, signs in with the password shown once, and is disabled", async ({ page, browser }) => {
  const { owner } = await newAccount();
  await signIn(page, owner, "/access-management/users");
  await page.getByRole("button", { name: "Add user", exact: true }).click();
  const form = page.getByRole("dialog", { name: "Add user" });
  const email = `eve${Date.now()}@e2e.example`;
  await form.getByLabel("Name", { exact: true }).fill("Eve");
  await form.getByLabel("Email", { exact: true }).fill(email);
  await form.getByRole("button", { name: "Add user", exact: true }).click();
  const once = page.getByRole("dialog", { name: "The user was added" });
  const password = await shownOnce(once, "Password");
  await once.getByRole("button", { name: "I have kept it" }).click();
  await expect(row(page, email)).toContainText("Viewer");

  const eve = await (await browser.newContext()).newPage();
  await signIn(eve, { email, password }, "/subscriptions");
  await expect(eve.getByRole("heading", { name: "Subscriptions", level: 1 })).toBeVisible();

  await page.getByRole("button", { name: "Disable Eve" }).click();
  await page
    .getByRole("dialog", { name: "Disable user" })
    .getByRole("button", { name: "Disable", exact: true })
    .click();
  await expect(row(page, email)).toContainText("Disabled");
  await eve.reload();
  await expect(eve.getByRole("heading", { name: "Sign in" })).toBeVisible();
  await fillSignIn(eve, { email, password });
  await expect(eve.getByRole("heading", { name: "Sign in" })).toBeVisible();
});

test("an API key is added, works from where it may, and is revoked", async ({ page }) => {
  const { owner, apiKey } = await newAccount();
  await signIn(page, owner, "/access-management/api-keys");
  await expect(page.getByText(apiKey.accountKey).first()).toBeVisible();
  await page.getByRole("button", { name: "Add API key", exact: true }).click();
  const form = page.getByRole("dialog", { name: "Add API key" });
  await form.getByLabel("Name", { exact: true }).fill("ci-pipeline");
  await form.getByRole("button", { name: /^User/ }).click();
  await page.getByRole("option").first().click();
  await form.getByLabel("Allowed source addresses").fill("127.0.0.0/8\n192.0.2.0/24");
  await form.getByRole("button", { name: "Add API key", exact: true }).click();
  const once = page.getByRole("dialog", { name: "The API key was added" });
  const secret = await shownOnce(once, "Secret key (x-api-secret-key)");
  await once.getByRole("button", { name: "I have kept it" }).click();
  const shown = row(page, "ci-pipeline");
  await expect(shown).toContainText("192.0.2.0/24");
  await expect(shown).toContainText("Never");

  const ask = () =>
    fetch(`${process.env.E2E_URL}/v1`, {
      headers: { "x-api-key": apiKey.accountKey, "x-api-secret-key": secret },
    }).then((reply) => reply.status);
  expect(await ask()).toBe(200);
  await page.getByRole("button", { name: "Revoke ci-pipeline" }).click();
  await page
    .getByRole("dialog", { name: "Revoke API key" })
    .getByRole("button", { name: "Revoke", exact: true })
    .click();
  await expect(shown).toContainText("Revoked");
  expect(await ask()).toBe(401);
});
