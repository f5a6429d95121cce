import { expect, test } from "vitest";

import { events } from "./events";

async function read(...chunks: (string | Uint8Array)[]) {
  const encoder = new TextEncoder();
  const body = new ReadableStream<Uint8Array>({
    start(controller) {
      for (const chunk of chunks)
        controller.enqueue(typeof chunk === "string" ? encoder.encode(chunk) : chunk);
      controller.close();
    },
  });
  const all = [];
  for await (const event of events(body)) all.push(event);
  return all;
}

test("events are read in order", async () => {
  expect(await read("event: a\ndata: 1\n\nevent: b\ndata: 2\n\n")).toEqual([
    { event: "a", data: "1" },
    { event: "b", data: "2" },
  ]);
});

test("an event may arrive in pieces, split anywhere", async () => {
  const whole = 'event: finding\r\ndata: {"message":"Schlüssel ✓"}\r\n\r\n';
  const bytes = new TextEncoder().encode(whole);
  for (let at = 1; at < bytes.length; at++) {
    expect(await read(bytes.slice(0, at), bytes.slice(at))).toEqual([
      { event: "finding", data: '{"message":"Schlüssel ✓"}' },
    ]);
  }
});

test("comments that keep the connection alive are no events", async () => {
  expect(await read(": ping\n\n", "data: x\n\n")).toEqual([{ event: "message", data: "x" }]);
});

test("an event that never ended is dropped", async () => {
  expect(await read("data: a\n\nevent: done\ndata: {")).toEqual([{ event: "message", data: "a" }]);
});
