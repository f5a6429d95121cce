import { readFile } from "node:fs/promises";

import { addAccount, expect, newAccount, newCustomer, registered, signIn, TAB, test } from "./scene";

test("the log tells who did what, and can be filtered by user and resource", async ({ page }) => {
  const account = await newAccount();
  await registered(account, await newCustomer(), "by the API");
  await signIn(page, account.owner, TAB);
  await addAccount(page, await newCustomer(), "by the console");
  await page.getByRole("link", { name: "Logs" }).click();
  const rows = page.getByRole("table", { name: "Log" }).getByRole("row");
  await expect(rows.filter({ hasText: "by the API" }).first()).toBeVisible();
  await expect(rows.filter({ hasText: "by the console" }).first()).toContainText(account.owner.email);

  await page.getByRole("button", { name: /^Resource/ }).click();
  await page
    .getByRole("option", { name: /^Cloud account \d+$/ })
    .first()
    .click();
  await expect(rows.filter({ hasText: "by the console" })).toHaveCount(0);
  await expect(rows.filter({ hasText: "by the API" }).first()).toBeVisible();
});

test("what the filters leave is exported as JSON and CSV", async ({ page }) => {
  const account = await newAccount();
  await registered(account, await newCustomer(), "=1+1");
  await signIn(page, account.owner, "/logs");
  const save = async (format: string) => {
    await page.getByRole("button", { name: "Export" }).click();
    const download = page.waitForEvent("download");
    await page.getByRole("menuitem", { name: format }).click();
    const saved = await download;
    return { name: saved.suggestedFilename(), text: await readFile(await saved.path(), "utf8") };
  };
  const json = await save("JSON");
  expect(json.name).toBe("berth-log.json");
  const entries = JSON.parse(json.text) as { description: string }[];
  expect(entries.some(({ description }) => description.includes("=1+1"))).toBe(true);
  const csv = await save("CSV");
  expect(csv.name).toBe("berth-log.csv");
  expect(csv.text.split("\r\n")).toHaveLength(entries.length + 2);
});
