// Setting the scene, and the steps that many journeys share.
import { expect, type Locator, type Page } from "@playwright/test";

export { expect, test } from "@playwright/test";

export interface Person {
  email: string;
  password: string;
}

export interface Account {
  id: number;
  owner: Person;
  apiKey: { accountKey: string; secretKey: string };
  subscriptions: { id: number; name: string }[];
}

export interface Key {
  key: string;
  secret: string;
}

export interface Customer extends Key {
  account: string;
  role: string;
}

/** Has stage.py do something; see `Control` there. */
export async function control<Answer>(what: string, request: object = {}): Promise<Answer> {
  const reply = await fetch(`${process.env.E2E_CONTROL}/${what}`, {
    method: "POST",
    body: JSON.stringify(request),
  });
  const answer = (await reply.json()) as Answer & { error?: string };
  if (!reply.ok) throw new Error(`${what}: ${answer.error}`);
  return answer;
}

export const newAccount = (plans: string[] = ["flexible"]) => control<Account>("account", { plans });
export const newCustomer = () => control<Customer>("customer");

/** Goes somewhere, and signs in on the way. */
export async function signIn(page: Page, person: Person, path = "/") {
  await page.goto(`${process.env.E2E_URL}${path}`);
  await fillSignIn(page, person);
  await expect(page.getByRole("button", { name: "Sign in" })).toBeHidden();
}

export async function fillSignIn(page: Page, { email, password }: Person) {
  await page.getByLabel("Email", { exact: true }).fill(email);
  await page.getByLabel("Password", { exact: true }).fill(password);
  await page.getByRole("button", { name: "Sign in" }).click();
}

export const TAB = "/account-settings/cloud-account";

export async function openAdd(page: Page): Promise<Locator> {
  await page.getByRole("button", { name: "Add", exact: true }).click();
  return dialog(page, "Add cloud account");
}

export const dialog = (page: Page, name: string) => page.getByRole("dialog", { name });
export const field = (within: Locator, label: string) => within.getByLabel(label, { exact: true });
export const row = (page: Page, name: string) => page.getByRole("row").filter({ hasText: name });

export interface Values extends Partial<Key> {
  name?: string;
  role?: string;
}

/** Types into the dialog. */
export async function fill(form: Locator, { name, key, secret, role }: Values) {
  if (name !== undefined) await field(form, "Account name").fill(name);
  if (key !== undefined) await field(form, "AWS access key").fill(key);
  if (secret !== undefined) await field(form, "AWS secret key").fill(secret);
  if (role !== undefined) await field(form, "IAM role name").fill(role);
}

/** Adds a cloud account as a person would. */
export async function addAccount(page: Page, customer: Customer, name = "production") {
  const form = await openAdd(page);
  await fill(form, { ...customer, name });
  await expect(form.getByText("Access is verified", { exact: true })).toBeVisible();
  await form.getByRole("button", { name: "Add account" }).click();
  await expect(form).toBeHidden();
  await expect(page.getByText("Cloud account added")).toBeVisible();
  await expect(row(page, name)).toBeVisible();
}

/** The same by the API, where the way to it is not the point. */
export async function registered(account: Account, customer: Customer, name = "production"): Promise<number> {
  const headers = {
    "x-api-key": account.apiKey.accountKey,
    "x-api-secret-key": account.apiKey.secretKey,
    "content-type": "application/json",
  };
  const url = process.env.E2E_URL;
  const body = JSON.stringify({
    name,
    provider: "AWS",
    accessKeyId: customer.key,
    accessSecretKey: customer.secret,
    consoleRoleName: customer.role,
  });
  const posted = await fetch(`${url}/v1/cloud-accounts`, { method: "POST", headers, body });
  const { taskId } = (await posted.json()) as { taskId: string };
  let id: number | undefined;
  await expect(async () => {
    const task = (await (await fetch(`${url}/v1/tasks/${taskId}`, { headers })).json()) as {
      response?: { resourceId?: number };
    };
    id = task.response?.resourceId;
    expect(id).toBeDefined();
  }).toPass();
  return id as number;
}

/** What is red, by the icon beside the field. */
export async function problem(form: Locator, label: string): Promise<Locator> {
  await form.getByRole("button", { name: `What is wrong with ${label}` }).click();
  return form.page().getByRole("dialog", { name: `What is wrong with ${label}` });
}

/** A cloud account that is ready to be built in, and its owner's. */
export async function readyToBuild() {
  const account = await newAccount([]);
  const customer = await newCustomer();
  const cloudAccount = await registered(account, customer);
  return { account, customer, cloudAccount };
}

export type Ready = Awaited<ReturnType<typeof readyToBuild>>;

/** The region of the journeys, which is also where the simulator is asked by hand. */
export const REGION = "us-east-1";

/** Orders a subscription by the API, where the wizard is not the point; gives its id. */
export async function ordered({ account, cloudAccount }: Ready, change: object = {}): Promise<number> {
  const task = await asOwner<{ taskId: string }>(account, "/v1/subscriptions", {
    name: "Web shop",
    paymentMethod: "marketplace",
    cloudProviders: [
      {
        cloudAccountId: cloudAccount,
        regions: [{ region: REGION, networking: { deploymentCIDR: "10.0.0.0/24" } }],
      },
    ],
    databases: [{ name: "cart", protocol: "redis", datasetSizeInGb: 1 }],
    ...change,
  });
  let id: number | undefined;
  await expect(async () => {
    const found = await asOwner<{ response?: { resourceId?: number } }>(account, `/v1/tasks/${task.taskId}`);
    id = found.response?.resourceId;
    expect(id, JSON.stringify(found)).toBeDefined();
  }).toPass();
  return id as number;
}

/** Orders a subscription by the API and waits until it is built. */
export async function built(ready: Ready, change: object = {}): Promise<number> {
  const id = await ordered(ready, change);
  await expect(async () => {
    const found = await asOwner<{ status: string }>(ready.account, `/v1/subscriptions/${id}`);
    expect(found.status).toBe("active");
  }).toPass({ timeout: BUILDING_MS });
  return id;
}

/** How long building or removing may take on a machine that is busy. */
export const BUILDING_MS = 120_000;

interface Deployment {
  resources: { name: string; awsId: string }[];
}

/** The id in AWS of what is called like that in a subscription's first deployment. */
export async function awsId({ account }: Ready, id: number, name: string): Promise<string> {
  const path = `/api/subscriptions/${id}/deployments`;
  const { deployments } = await asOwner<{ deployments: Deployment[] }>(account, path);
  return deployments[0]?.resources.find((one) => one.name === name)?.awsId as string;
}

/** What somebody does in the customer's AWS account by hand. */
export const byHand = ({ customer }: Ready, operation: string, params: object) =>
  control("ec2", { account: customer.account, operation, params });

async function asOwner<Answer>(account: Account, path: string, body?: object): Promise<Answer> {
  const reply = await fetch(`${process.env.E2E_URL}${path}`, {
    method: body ? "POST" : "GET",
    headers: {
      "x-api-key": account.apiKey.accountKey,
      "x-api-secret-key": account.apiKey.secretKey,
      "content-type": "application/json",
    },
    body: body && JSON.stringify(body),
  });
  const text = await reply.text();
  if (!reply.ok) throw new Error(`${path}: ${text}`);
  return JSON.parse(text) as Answer;
}
