// Reads a `text/event-stream` as it arrives.

/** One event of a stream. */
export interface ServerEvent {
  event: string;
  data: string;
}

/** The events of a body, in order, until it ends. Comments and unfinished events are dropped. */
export async function* events(body: ReadableStream<Uint8Array>): AsyncGenerator<ServerEvent> {
  const reader = body.getReader();
  const decoder = new TextDecoder();
  let rest = "";
  try {
    for (;;) {
      const { done, value } = await reader.read();
      if (done) return;
      rest += decoder.decode(value, { stream: true });
      // A line end may be split between two chunks: a last \r waits for what follows it.
      const held = rest.endsWith("\r") ? "\r" : "";
      const blocks = rest
        .slice(0, rest.length - held.length)
        .replace(/\r\n?/g, "\n")
        .split("\n\n");
      rest = (blocks.pop() ?? "") + held;
      for (const block of blocks) {
        const event = parse(block);
        if (event) yield event;
      }
    }
  } finally {
    // Whoever stops reading early ends the request with it.
    await reader.cancel().catch(() => undefined);
  }
}

function parse(block: string): ServerEvent | null {
  let event = "message";
  const data: string[] = [];
  for (const line of block.split("\n")) {
    const colon = line.indexOf(":");
    const name = colon < 0 ? line : line.slice(0, colon);
    const value = colon < 0 ? "" : line.slice(colon + 1).replace(/^ /, "");
    if (name === "event") event = value;
    if (name === "data") data.push(value);
  }
  return data.length > 0 ? { event, data: data.join("\n") } : null;
}
