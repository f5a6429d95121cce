// Technical support access: what the customer permits, approves and sees.
import type { Page } from "@playwright/test";

import {
  control,
  dialog,
  expect,
  newAccount,
  newCustomer,
  registered,
  row,
  signIn,
  TAB,
  test,
} from "./scene";

interface Session {
  id: string;
  state: string;
  signInUrl?: string;
}

const STAFF = "Ada";
const TOKEN = "a-token-of-the-stage";

async function scene(page: Page) {
  const account = await newAccount();
  const cloudAccount = await registered(account, await newCustomer());
  await signIn(page, account.owner, TAB);
  const ask = () => control<Session>("support_session", { account: account.id, cloudAccount, by: STAFF });
  const redeem = (session: string) =>
    control<Session>("support_redeem", { account: account.id, session, by: STAFF });
  return { ask, redeem };
}

async function openSupport(page: Page) {
  await row(page, "production").getByRole("button", { name: "Actions for production" }).click();
  await page.getByRole("menuitem", { name: "Support access" }).click();
  return dialog(page, "Support access to production");
}

const close = (page: Page) => page.getByRole("dialog").getByText("Close", { exact: true }).click();

test("what staff asks for is opened after an Owner approved it, once", async ({ page }) => {
  const { ask, redeem } = await scene(page);
  await (await openSupport(page)).getByRole("radio", { name: "On approval" }).click();
  await expect(page.getByRole("radio", { name: "On approval" })).toBeChecked();
  const waits = await ask();
  expect(waits).toMatchObject({ state: "requested" });
  expect(waits.signInUrl).toBeUndefined();
  await expect(redeem(waits.id)).rejects.toThrow(/it is requested/);
  await close(page);

  const support = await openSupport(page);
  await expect(support.getByRole("row").filter({ hasText: STAFF })).toContainText("Ticket 4711");
  await support.getByRole("button", { name: `Approve the session of ${STAFF}` }).click();
  await expect(support.getByRole("row").filter({ hasText: STAFF })).toContainText("Approved");
  expect((await redeem(waits.id)).signInUrl).toContain(TOKEN);
  await expect(redeem(waits.id)).rejects.toThrow(/it is opened/);
});

test("an Owner sees a session's URL once, and nobody opens one where it is switched off", async ({
  page,
}) => {
  const { ask } = await scene(page);
  await (await openSupport(page)).getByRole("button", { name: "Open a session" }).click();
  const form = dialog(page, "Open the AWS console of production");
  await form.getByLabel("Reason").fill("To look at the volumes");
  await form.getByLabel("MFA code").fill("123456");
  await form.getByRole("button", { name: "Open a session" }).click();
  await expect(dialog(page, "The console session is open")).toContainText(TOKEN);
  await page.screenshot({ path: "screenshots/support-url.png" });
  await dialog(page, "The console session is open").getByRole("button").last().click();

  const support = dialog(page, "Support access to production");
  await expect(support.getByRole("row").filter({ hasText: "To look at the volumes" })).toContainText(
    "Opened",
  );
  expect(await page.content()).not.toContain(TOKEN);
  await support.getByRole("radio", { name: "Off" }).click();
  await expect(support.getByRole("button", { name: "Open a session" })).toBeDisabled();
  await page.screenshot({ path: "screenshots/support.png" });
  await expect(ask()).rejects.toThrow(/switched off/);
});
