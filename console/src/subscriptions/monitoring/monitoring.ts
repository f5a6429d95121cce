// What AWS tells of nodes, as charts: one for each figure, a line in it for each node.
import type { Schemas } from "../../api/schemas";
import { type Shown, word } from "../../common/words";

export type Monitoring = Schemas["Monitoring"];
type Series = Schemas["NodeSeries"];

/** A chart: a figure of one kind, of all nodes. */
export interface Chart {
  id: string;
  title: string;
  unit: Series["unit"];
  lines: { title: string; points: { x: Date; y: number }[] }[];
}

const TITLES: Record<Series["figure"], string> = {
  cpu: "Processor",
  "network-in": "Network in",
  "network-out": "Network out",
  "volume-read": "read",
  "volume-write": "written",
};

// The API sends a volume's name as any text.
const VOLUMES: Record<string, string> = { root: "Root volume", data: "Data volume" };

/** What one of AWS's checks of an instance came to. */
export const HEALTHS: Record<Schemas["NodeChecks"]["system" | "instance"], Shown> = {
  ok: { type: "success", text: "Passed" },
  impaired: { type: "error", text: "Impaired" },
  unknown: { type: "stopped", text: "Not known" },
};

/** The charts of a deployment, in the order the figures come in. Bytes are told by the second. */
export function charts({ nodes, periodSeconds }: Pick<Monitoring, "nodes" | "periodSeconds">): Chart[] {
  const found = new Map<string, Chart>();
  for (const { node, series } of nodes) {
    for (const one of series) {
      const id = [one.figure, one.volume].filter(Boolean).join("-");
      const chart = found.get(id) ?? { id, title: titleOf(one), unit: one.unit, lines: [] };
      const scale = one.unit === "bytes" ? periodSeconds : 1;
      const points = one.points.map(({ timestamp, value }) => ({ x: new Date(timestamp), y: value / scale }));
      chart.lines.push({ title: node, points });
      found.set(id, chart);
    }
  }
  return [...found.values()];
}

/** Whether there is anything in a chart. */
export function isEmpty({ lines }: Chart): boolean {
  return lines.every(({ points }) => points.length === 0);
}

/** The first and the last time in a chart; a minute at least. */
export function span({ lines }: Chart): [Date, Date] {
  const times = lines.flatMap(({ points }) => points.map(({ x }) => x.getTime()));
  const [first, last] = [Math.min(...times), Math.max(...times)];
  return [new Date(first === last ? first - 60_000 : first), new Date(last)];
}

/** The highest number on a chart's scale: 100 % of a processor, or a little over the highest byte. */
export function top({ unit, lines }: Chart): number {
  if (unit === "percent") return 100;
  const most = Math.max(0, ...lines.flatMap(({ points }) => points.map(({ y }) => y)));
  return most === 0 ? 1 : most * 1.1;
}

/** A number as it is read: "12.5 %", "1.5 MB/s". */
export function told(value: number, unit: Series["unit"]): string {
  if (unit === "percent") return `${rounded(value)} %`;
  const units = ["B/s", "kB/s", "MB/s", "GB/s"];
  const power = Math.min(units.length - 1, Math.max(0, Math.floor(Math.log10(Math.max(value, 1)) / 3)));
  return `${rounded(value / 1000 ** power)} ${units[power]}`;
}

function rounded(value: number): string {
  return value.toLocaleString("en", { maximumFractionDigits: value < 10 ? 2 : 1 });
}

function titleOf({ figure, volume }: Series): string {
  const title = word(TITLES, figure);
  return volume ? `${word(VOLUMES, volume)}: ${title}` : title;
}
