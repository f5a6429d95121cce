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

test("an account that stops working says what is missing, and works again once it is granted", async ({
  page,
}) => {
  const account = await newAccount();
  const customer = await newCustomer();
  await registered(account, customer);
  await signIn(page, account.owner, TAB);
  const verifyNow = async () => {
    await row(page, "production").getByRole("button", { name: "Actions for production" }).click();
    await page.getByRole("menuitem", { name: "Verify now" }).click();
    return dialog(page, "Verify production");
  };
  const close = () => page.getByRole("dialog").getByText("Close", { exact: true }).click();

  await control("permissions", { account: customer.account, without: ["ec2:RunInstances"] });
  await expect((await verifyNow()).getByText("Access is refused", { exact: false })).toBeVisible();
  await close();
  await row(page, "production").getByRole("button", { name: "Error" }).click();
  const why = page.getByRole("dialog", { name: "Why" });
  await expect(why).toContainText("ec2:RunInstances");
  await expect(why).toContainText("Access has not worked since");
  await expect(why.getByRole("button", { name: "Copy statements" })).toBeVisible();
  await page.keyboard.press("Escape");

  await control("permissions", { account: customer.account });
  await expect((await verifyNow()).getByText("Access is verified", { exact: true })).toBeVisible();
  await close();
  await expect(row(page, "production")).toContainText("Active");

  await page.getByRole("button", { name: "Verification history of production" }).click();
  const history = dialog(page, "Verification history of production").getByRole("row");
  await expect(history.nth(1)).toContainText("Works");
  await expect(history.nth(2)).toContainText("ec2:RunInstances");
  await expect(history.nth(3)).toContainText("Added or changed");
});
