// Every view and dialog, light and dark, narrow and wide: nothing that axe finds serious, nothing that runs out of
// the page, and a picture of each in screenshots/ for people to look at.
import type { Page } from "@playwright/test";

import { look, MODES, SIZES } from "./look";
import {
  type Account,
  control,
  type Customer,
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

/** A scene with something in every view. */
async function scene() {
  const account = await newAccount(["flexible", "fixed"]);
  const customers: Customer[] = [];
  for (const name of ["production", "staging"]) {
    const customer = await newCustomer();
    customers.push(customer);
    const id = await registered(account, customer, name);
    if (name === "production")
      await control("subscription", {
        account: account.id,
        plan: "annual",
        name: "Ledger",
        cloudAccount: id,
      });
  }
  const fresh = await newCustomer();
  const limited = await control<Key>("limited_user", {
    account: fresh.account,
    without: ["ec2:RunInstances", "ec2:TerminateInstances", "ec2:CreateVpc"],
  });
  return { account, fresh, limited };
}

type Scene = Awaited<ReturnType<typeof scene>>;
let set: Scene;
let empty: Account;

test.beforeAll(async () => {
  [set, empty] = [await scene(), await newAccount()];
});

async function openMenu(page: Page, name: string, item: string) {
  await row(page, name)
    .getByRole("button", { name: `Actions for ${name}` })
    .click();
  await page.getByRole("menuitem", { name: item }).click();
}

/** What to look at, and how to get there from the Cloud Account tab. */
const VIEWS: Record<string, { path?: string; of?: () => Account; go?: (page: Page) => Promise<unknown> }> = {
  subscriptions: {
    path: "/subscriptions",
    go: (page) => expect(row(page, "Ledger")).toBeVisible(),
  },
  subscription: {
    path: "/subscriptions",
    go: async (page) => {
      await page.getByRole("link", { name: "Ledger" }).click();
      await expect(page.getByRole("heading", { name: "Overview" })).toBeVisible();
    },
  },
  account: { path: "/account-settings", go: (page) => expect(page.getByText("This session")).toBeVisible() },
  "cloud-accounts": { go: (page) => expect(row(page, "staging")).toBeVisible() },
  "cloud-accounts-empty": {
    of: () => empty,
    go: (page) => expect(page.getByText("No cloud accounts")).toBeVisible(),
  },
  "add-empty": { go: openAdd },
  "add-verified": {
    go: async (page) => {
      const form = await openAdd(page);
      await fill(form, { ...set.fresh, name: "third" });
      await expect(form.getByText("Access is verified", { exact: true })).toBeVisible();
    },
  },
  "add-refused": {
    go: async (page) => {
      const form = await openAdd(page);
      await fill(form, { ...set.fresh, ...set.limited, name: "third", role: "berth-missing" });
      await expect(form.getByText(/Access is refused/).first()).toBeVisible();
    },
  },
  "add-problem": {
    go: async (page) => {
      const form = await openAdd(page);
      await fill(form, { ...set.fresh, ...set.limited, name: "third" });
      await expect(field(form, "AWS access key")).toHaveAttribute("aria-invalid", "true");
      await expect(form.getByText(/Access is refused/).first()).toBeVisible();
      await expect(await problem(form, "AWS access key")).toBeVisible();
    },
  },
  "add-by-role": {
    go: async (page) => {
      const form = await openAdd(page);
      await form.getByRole("radio", { name: "By role" }).check();
      await form.getByRole("button", { name: "Issue external id" }).click();
      await field(form, "Role ARN").fill("arn:aws:iam::123456789012:role/berth-missing");
      await fill(form, { name: "third", role: "berth-console" });
      await expect(field(form, "Role ARN")).toHaveAttribute("aria-invalid", "true");
    },
  },
  edit: {
    go: async (page) => {
      await openMenu(page, "production", "Edit");
      await expect(field(dialog(page, "Edit cloud account"), "AWS console username")).toBeVisible();
    },
  },
  delete: {
    go: async (page) => {
      await openMenu(page, "staging", "Delete");
      await expect(dialog(page, "Delete cloud account")).toContainText("Nothing is deleted in AWS");
    },
  },
  "delete-in-use": {
    go: async (page) => {
      await openMenu(page, "production", "Delete");
      await expect(dialog(page, "Delete cloud account")).toContainText("Ledger");
    },
  },
  verify: {
    go: async (page) => {
      await openMenu(page, "production", "Verify now");
      await expect(
        dialog(page, "Verify production").getByText("Access is verified", { exact: true }),
      ).toBeVisible();
    },
  },
  guide: {
    path: "/guides/iam-resources",
    go: (page) => expect(page.getByText("What is created")).toBeVisible(),
  },
  "guide-by-role": {
    path: "/guides/iam-resources?mode=role&externalId=berth-Wm3ePZ8sWn1nV5r0q2Xc7TtYb4Lk9HdA",
    go: (page) => expect(page.getByText("Role that Berth assumes")).toBeVisible(),
  },
  "guide-by-hand": {
    path: "/guides/iam-resources",
    go: async (page) => {
      await page.getByRole("tab", { name: "By hand" }).click();
      await expect(page.getByText("4. The node role")).toBeVisible();
    },
  },
  users: {
    path: "/access-management/users",
    go: (page) => expect(page.getByText("You", { exact: true })).toBeVisible(),
  },
  "add-user": {
    path: "/access-management/users",
    go: (page) => page.getByRole("button", { name: "Add user" }).click(),
  },
  "api-keys": {
    path: "/access-management/api-keys",
    go: (page) => expect(page.getByText("In force").first()).toBeVisible(),
  },
  "add-api-key": {
    path: "/access-management/api-keys",
    go: (page) => page.getByRole("button", { name: "Add API key" }).click(),
  },
  logs: { path: "/logs", go: (page) => expect(row(page, "staging").first()).toBeVisible() },
};

for (const [name, size] of Object.entries(SIZES)) {
  for (const mode of MODES) {
    test(`sign-in looks right, ${mode} and ${name}`, async ({ page }) => {
      await page.setViewportSize(size);
      await page.emulateMedia({ colorScheme: mode, reducedMotion: "reduce" });
      await page.goto(`${process.env.E2E_URL}/`);
      await expect(page.getByRole("button", { name: "Sign in" })).toBeVisible();
      expect(await look(page, `sign-in-${mode}-${name}`)).toEqual([]);
    });

    test(`every view looks right, ${mode} and ${name}`, async ({ page }) => {
      test.setTimeout(300_000);
      await page.setViewportSize(size);
      await page.emulateMedia({ colorScheme: mode, reducedMotion: "reduce" });
      // Findings of all views are told together.
      const found: string[] = [];
      let signedIn: Account | undefined;
      for (const [view, { path = TAB, of = () => set.account, go }] of Object.entries(VIEWS)) {
        if (signedIn !== of()) {
          await page.context().clearCookies();
          await signIn(page, of().owner, path);
          signedIn = of();
        } else {
          await page.evaluate(() => sessionStorage.clear());
          await page.goto(`${process.env.E2E_URL}${path}`);
        }
        await test.step(view, async () => {
          await go?.(page);
          found.push(...(await look(page, `${view}-${mode}-${name}`)));
        });
      }
      expect(found).toEqual([]);
    });
  }
}
