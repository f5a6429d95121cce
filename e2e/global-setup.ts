// Starts the simulated AWS and Berth (stage.py) before the first test, and ends them after the last.
import { type ChildProcess, spawn } from "node:child_process";
import { createInterface } from "node:readline";

const ROOT = new URL("..", import.meta.url).pathname;

export default async function setup() {
  const { E2E_PYTHON = `${ROOT}.cache/venv/bin/python`, E2E_BERTH = `${ROOT}target/debug/berth` } =
    process.env;
  const stage = spawn(E2E_PYTHON, [`${ROOT}e2e/stage.py`, "--berth", E2E_BERTH], {
    stdio: ["pipe", "pipe", "inherit"],
  });
  const { berth, control } = JSON.parse(await firstLine(stage)) as { berth: string; control: string };
  process.env.E2E_CONTROL = control;
  process.env.E2E_URL = berth;

  // For work on the console: its newest build, in front of a Berth that embeds an older one or none.
  let preview: ChildProcess | undefined;
  if (process.env.E2E_PREVIEW) {
    const port = process.env.E2E_PREVIEW;
    preview = spawn("npx", ["vite", "preview", "--host", "127.0.0.1", "--port", port, "--strictPort"], {
      cwd: `${ROOT}console`,
      env: { ...process.env, BERTH_URL: berth },
      stdio: ["ignore", "pipe", "inherit"],
      detached: true,
    });
    await firstLine(preview);
    process.env.E2E_URL = `http://127.0.0.1:${port}`;
  }

  return async () => {
    if (preview?.pid) process.kill(-preview.pid);
    const ended = new Promise((done) => stage.once("exit", done));
    stage.stdin.end();
    await ended;
  };
}

async function firstLine(child: ChildProcess): Promise<string> {
  if (!child.stdout) throw new Error("no pipe");
  for await (const line of createInterface({ input: child.stdout })) {
    if (line.trim() !== "") {
      child.stdout.resume();
      return line;
    }
  }
  throw new Error("it ended before it said where it is; its last words are above");
}
