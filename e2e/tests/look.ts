// How a view looks: in which sizes and colours, what axe finds, and a picture of it.
import AxeBuilder from "@axe-core/playwright";
import type { Page } from "@playwright/test";

export const SIZES = { narrow: { width: 360, height: 780 }, wide: { width: 1440, height: 900 } };
export const MODES = ["light", "dark"] as const;

/** Whether axe looks at a size and mode, too: at each size once and at each mode once. It takes seconds a view. */
const axed = (name: string) => name.endsWith("-light-wide") || name.endsWith("-dark-narrow");

/** Takes the picture, which is called `VIEW-MODE-SIZE`; returns what is wrong. */
export async function look(page: Page, name: string): Promise<string[]> {
  await page.screenshot({ path: `screenshots/${name}.png`, animations: "disabled" });
  const { violations } = axed(name) ? await new AxeBuilder({ page }).analyze() : { violations: [] };
  const found = violations
    .filter(({ impact }) => impact === "serious" || impact === "critical")
    .map(({ id, nodes }) => `${name}: ${id}: ${nodes.map(({ html }) => html.slice(0, 160)).join(" | ")}`);
  const over = await page.evaluate(() => document.documentElement.scrollWidth - innerWidth);
  if (over > 0) found.push(`${name}: runs ${over} px out of the page`);
  return found;
}
