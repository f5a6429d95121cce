import { expect, test } from "vitest";

import { charts, isEmpty, type Monitoring, span, told, top } from "./monitoring";

const at = (minute: number) => `2026-11-20T14:0${minute}:00Z`;
const NODES: Monitoring["nodes"] = [1, 2].map((node) => ({
  node: `node/${node}`,
  instanceId: `i-${node}`,
  checks: null,
  series: [
    {
      figure: "cpu" as const,
      unit: "percent" as const,
      of: `i-${node}`,
      volume: null,
      points: [
        { timestamp: at(0), value: 10 * node },
        { timestamp: at(1), value: 20 * node },
      ],
    },
    {
      figure: "volume-read" as const,
      unit: "bytes" as const,
      of: `vol-${node}`,
      volume: "data",
      points: node === 1 ? [{ timestamp: at(0), value: 120_000 }] : [],
    },
    { figure: "network-in" as const, unit: "bytes" as const, of: `i-${node}`, volume: null, points: [] },
  ],
}));

const [cpu, read, network] = charts({ nodes: NODES, periodSeconds: 60 });
if (!cpu || !read || !network) throw new Error("charts are missing");

test("every figure is a chart, and every node a line in it", () => {
  expect([cpu, read, network].map(({ title }) => title)).toEqual([
    "Processor",
    "Data volume: read",
    "Network in",
  ]);
  expect(cpu.lines.map(({ title, points }) => [title, points.map(({ y }) => y)])).toEqual([
    ["node/1", [10, 20]],
    ["node/2", [20, 40]],
  ]);
});

test("bytes of a period are told by the second", () => {
  expect(read.lines[0]?.points[0]?.y).toBe(2000);
});

test("a chart spans what there is, and one without points says so", () => {
  expect(span(cpu).map((time) => time.toISOString())).toEqual([
    "2026-11-20T14:00:00.000Z",
    "2026-11-20T14:01:00.000Z",
  ]);
  expect(span(read)[0].getTime()).toBeLessThan(span(read)[1].getTime());
  expect([cpu, read, network].map(isEmpty)).toEqual([false, false, true]);
  expect([cpu, network].map(top)).toEqual([100, 1]);
});

test.each([
  [12.345, "percent", "12.3 %"],
  [0, "bytes", "0 B/s"],
  [999, "bytes", "999 B/s"],
  [1_500_000, "bytes", "1.5 MB/s"],
  [5e12, "bytes", "5,000 GB/s"],
] as const)("%s %s is read as %s", (value, unit, expected) => expect(told(value, unit)).toBe(expected));
