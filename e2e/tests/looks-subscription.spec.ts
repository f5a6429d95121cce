// The wizard and every tab of a subscription, as looks.spec.ts looks at the other views.
import type { Page, Route } from "@playwright/test";

import { look, MODES, SIZES } from "./look";
import {
  awsId,
  built,
  BUILDING_MS,
  byHand,
  control,
  dialog,
  expect,
  type Ready,
  readyToBuild,
  REGION,
  registered,
  newCustomer,
  row,
  signIn,
  test,
} from "./scene";

const LONG_NAME =
  "A subscription whose name goes on and on, as names do that are put together from team and purpose";

let set: Ready & { id: number };

test.beforeAll(async () => {
  test.setTimeout(BUILDING_MS * 2);
  const ready = await readyToBuild();
  await registered(ready.account, await newCustomer(), "staging");
  const id = await built(ready, {
    cloudProviders: [
      {
        cloudAccountId: ready.cloudAccount,
        regions: [
          {
            region: REGION,
            multipleAvailabilityZones: true,
            networking: { deploymentCIDR: "10.0.0.0/24" },
          },
        ],
        resourceTags: [{ key: "team", value: "shop" }],
      },
    ],
  });
  await control("subscription", { account: ready.account.id, plan: "flexible", name: LONG_NAME });
  await byHand(ready, "authorize_security_group_ingress", {
    GroupId: await awsId(ready, id, "security-group/clients"),
    IpPermissions: [{ IpProtocol: "tcp", FromPort: 22, ToPort: 22, IpRanges: [{ CidrIp: "0.0.0.0/0" }] }],
  });
  await byHand(ready, "stop_instances", { InstanceIds: [await awsId(ready, id, "node/2")] });
  set = { ...ready, id };
});

const next = (page: Page) => page.getByRole("button", { name: "Next", exact: true }).click();
const tab = (name: string) => `/subscriptions/${set.id}/${name}`;

async function toStep(page: Page, step: number) {
  const steps = [
    () => page.getByRole("textbox", { name: "Name" }).fill("Ledger"),
    () => page.getByRole("radio", { name: "production" }).click(),
    async () => {
      await page.getByRole("button", { name: /^Region/ }).click();
      await page.getByRole("option", { name: REGION, exact: true }).click();
    },
    () => expect(page.getByRole("textbox", { name: "Deployment CIDR" })).toHaveValue(/\S/),
    () => expect(page.getByRole("textbox", { name: "Database name" })).toBeVisible(),
    async () => {
      await page.getByRole("button", { name: "Add tag" }).click();
      await page.getByPlaceholder("team").fill("team");
    },
  ];
  for (const fill of steps.slice(0, step)) {
    await fill();
    await next(page);
  }
}

type Deployments = {
  deployments: { state: string; trouble: unknown; resources: { state: string; kind: string }[] }[];
};

/** Shows the deployment as it is while it is built, or as it stands when that failed. */
async function pretend(page: Page, status: "pending" | "error") {
  await page.route("**/api/subscriptions", async (route: Route) => {
    const reply = await route.fetch();
    const body = (await reply.json()) as { subscriptions: { id: number; status: string; drift: number }[] };
    for (const one of body.subscriptions.filter(({ id }) => id === set.id))
      Object.assign(one, { status, drift: 0 });
    await route.fulfill({ response: reply, json: body });
  });
  await page.route("**/deployments", async (route) => {
    const reply = await route.fetch();
    const body = (await reply.json()) as Deployments;
    for (const one of body.deployments) {
      one.state = status === "error" ? "failed" : "building";
      one.trouble = status === "error" ? TROUBLE : null;
      const nodes = one.resources.filter(({ kind }) => kind === "instance" || kind === "volume");
      nodes.forEach((node, at) => (node.state = at < 3 ? "in-hand" : "to-come"));
    }
    await route.fulfill({ response: reply, json: body });
  });
  await page.goto(`${process.env.E2E_URL}${tab("overview")}`);
}

/** What AWS would tell of three nodes in an hour; simulated ones do nothing. */
async function figures(route: Route) {
  const end = Date.now();
  const points = (node: number, scale: number) =>
    Array.from({ length: 60 }, (_, minute) => ({
      timestamp: new Date(end - (60 - minute) * 60_000).toISOString(),
      value: scale * (2 + Math.sin(minute / 7 + node) + Math.cos((minute * node) / 3) / 4),
    }));
  const nodes = [1, 2, 3].map((node) => {
    const series = (figure: string, unit: string, scale: number, volume: string | null = null) => ({
      figure,
      unit,
      of: `i-${node}`,
      volume,
      points: points(node, scale),
    });
    return {
      node: `node/${node}`,
      instanceId: `i-0125be68a462588${node}`,
      checks: { system: "ok", instance: node === 2 ? "impaired" : "ok", announced: [] },
      series: [
        series("cpu", "percent", 25),
        series("network-in", "bytes", 4e6),
        series("network-out", "bytes", 9e6),
        series("volume-read", "bytes", 1e5, "data"),
        series("volume-write", "bytes", 6e5, "data"),
      ],
    };
  });
  const known = { state: "known", reason: null };
  const json = { region: REGION, readTimestamp: new Date(end).toISOString(), periodSeconds: 60, nodes };
  await route.fulfill({ json: { deploymentId: "", ...json, checks: known, figures: known } });
}

const TROUBLE = {
  resource: "node/1",
  action: "ec2:RunInstances",
  message: "AWS did not do ec2:RunInstances for node/1: You are not authorized to perform this operation.",
  remedy:
    "Allow ec2:RunInstances to the cloud account's user (`berth iam policy` prints the whole policy), then retry.",
  attempts: 4,
  since: "2026-01-01T12:00:00Z",
};

const VIEWS: Record<string, { path: () => string; go: (page: Page) => Promise<unknown> }> = {
  "wizard-plan": {
    path: () => "/subscriptions/create",
    go: (page) => expect(page.getByRole("radio", { name: "Free or Fixed" })).toBeVisible(),
  },
  "wizard-account": {
    path: () => "/subscriptions/create",
    go: async (page) => {
      await toStep(page, 1);
      await expect(page.getByRole("radio", { name: "staging" })).toBeVisible();
    },
  },
  "wizard-regions": { path: () => "/subscriptions/create", go: (page) => toStep(page, 2) },
  "wizard-problem": {
    path: () => "/subscriptions/create",
    go: async (page) => {
      await toStep(page, 3);
      await page.getByRole("radio", { name: "My own VPC" }).click();
      await next(page);
      await expect(page.getByRole("textbox", { name: "VPC ID" })).toHaveAttribute("aria-invalid", "true");
    },
  },
  "wizard-databases": { path: () => "/subscriptions/create", go: (page) => toStep(page, 4) },
  "wizard-tags": {
    path: () => "/subscriptions/create",
    go: async (page) => {
      await toStep(page, 5);
      await page.getByRole("button", { name: "Add tag" }).click();
    },
  },
  "wizard-review": {
    path: () => "/subscriptions/create",
    go: async (page) => {
      await toStep(page, 6);
      await expect(page.getByText("There is room for it", { exact: true })).toBeVisible();
      await page.getByText("There is room for it", { exact: true }).evaluate((it) => {
        it.scrollIntoView();
        scrollBy(0, -110);
      });
    },
  },
  "subscriptions-drifted": {
    path: () => "/subscriptions",
    go: (page) => expect(row(page, "2 differences")).toBeVisible(),
  },
  "subscription-building": {
    path: () => tab("overview"),
    go: async (page) => {
      await pretend(page, "pending");
      await expect(page.getByText("Nodes and their volumes")).toBeVisible();
      await page.unrouteAll({ behavior: "wait" });
    },
  },
  "subscription-error": {
    path: () => tab("overview"),
    go: async (page) => {
      await pretend(page, "error");
      await expect(page.getByText("It went wrong")).toBeVisible();
      await page.unrouteAll({ behavior: "wait" });
    },
  },
  "subscription-resources": {
    path: () => tab("resources"),
    go: (page) => expect(row(page, "node/1").first()).toBeVisible(),
  },
  "subscription-drift": {
    path: () => tab("drift"),
    go: (page) => expect(row(page, "Rule added")).toBeVisible(),
  },
  "subscription-restoring": {
    path: () => tab("drift"),
    go: (page) =>
      page.getByText("Restoring by itself").evaluate((it) => {
        it.scrollIntoView();
        scrollBy(0, -110);
      }),
  },
  "subscription-monitoring": {
    path: () => tab("monitoring"),
    go: async (page) => {
      await page.route("**/api/deployments/*/monitoring", figures);
      await page.reload();
      await expect(page.getByText("Data volume: written")).toBeVisible();
      await page.unrouteAll({ behavior: "wait" });
    },
  },
  "subscription-databases": {
    path: () => tab("databases"),
    go: (page) => expect(row(page, "cart")).toBeVisible(),
  },
  "subscription-allow-list": {
    path: () => tab("allow-list"),
    go: async (page) => {
      await page.getByRole("button", { name: "Add network" }).click();
      await page.getByRole("button", { name: "Save changes" }).click();
      await expect(page.getByText(/Enter an IPv4 network/)).toBeVisible();
    },
  },
  "subscription-maintenance": {
    path: () => tab("maintenance"),
    go: async (page) => {
      await page.getByRole("radio", { name: "In these windows only" }).click();
      await page.getByRole("button", { name: "Add window" }).click();
    },
  },
  "subscription-tags": {
    path: () => tab("tags"),
    go: (page) => expect(page.getByPlaceholder("shop")).toHaveValue("shop"),
  },
  "subscription-delete": {
    path: () => tab("overview"),
    go: async (page) => {
      await page.getByRole("button", { name: "Delete", exact: true }).click();
      await expect(dialog(page, "Delete subscription")).toContainText("resources");
    },
  },
};

for (const [name, size] of Object.entries(SIZES)) {
  for (const mode of MODES) {
    test(`a subscription's views look right, ${mode} and ${name}`, async ({ page }) => {
      test.setTimeout(BUILDING_MS * 5);
      await page.setViewportSize(size);
      await page.emulateMedia({ colorScheme: mode, reducedMotion: "reduce" });
      await signIn(page, set.account.owner, tab("drift"));
      await page.getByRole("button", { name: "Check now" }).click();
      await expect(row(page, "Rule added")).toBeVisible({ timeout: BUILDING_MS });
      const found: string[] = [];
      for (const [view, { path, go }] of Object.entries(VIEWS)) {
        await page.evaluate(() => sessionStorage.clear());
        await page.goto(`${process.env.E2E_URL}${path()}`);
        await test.step(view, async () => {
          await go(page);
          found.push(...(await look(page, `${view}-${mode}-${name}`)));
        });
      }
      expect(found).toEqual([]);
    });
  }
}
