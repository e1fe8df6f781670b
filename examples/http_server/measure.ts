/**
 * How quick the light route stays. The server runs in a process of its own, so that what
 * delays this one does not hide what delays the server.
 *
 * @module
 */

import { type ChildProcess, fork } from "node:child_process";
import { once } from "node:events";
import { createHistogram, type RecordableHistogram } from "node:perf_hooks";
import { setTimeout as sleep } from "node:timers/promises";
import { fileURLToPath } from "node:url";
import { INLINE, ON_LOOM, TIME } from "./server.ts";

/** The light route is asked at this pace, however long its answers take. */
const EVERY_MS = 5;
const WARM_UP_CALLS = 20;

/** Loads that run beside the light route: one request after another. */
const LOADS = {
  "idle": undefined,
  "heavy on loom": ON_LOOM,
  "heavy inline": INLINE,
};

/** Starts the server with `args` and prints how long its light route takes. */
export async function measure(
  seconds: number,
  args: readonly string[],
): Promise<void> {
  const server = startServer(args);
  const ended = once(server, "exit");
  try {
    const url = await addressOf(server);
    for (const path of [TIME, ON_LOOM, INLINE]) {
      for (let i = 0; i < WARM_UP_CALLS; i++) await ask(`${url}${path}`);
    }
    printRow("", "/time p50", "p99", "heavy calls", "p50");
    for (const [name, path] of Object.entries(LOADS)) {
      const { light, heavy } = await load(url, path, seconds * 1000);
      const beside = path === undefined
        ? []
        : [`${heavy.count}`, ms(heavy, 50)];
      printRow(name, ms(light, 50), ms(light, 99), ...beside);
    }
  } finally {
    server.kill("SIGTERM");
    await ended;
  }
}

function startServer(args: readonly string[]): ChildProcess {
  const program = fileURLToPath(new URL("../http_server.ts", import.meta.url));
  return fork(program, [...args, "--port", "0"], {
    stdio: ["ignore", "pipe", "inherit", "ipc"],
  });
}

/** Reads the address that the server prints. */
async function addressOf(server: ChildProcess): Promise<string> {
  let text = "";
  for await (const part of server.stdout!.setEncoding("utf8")) {
    text += part;
    const address = /http:\S+(?=\n)/.exec(text);
    if (address !== null) return address[0];
  }
  throw new Error(
    `Cannot measure: the server ended before it listened: ${text}`,
  );
}

/** Times in microseconds of the light route, and of heavy requests beside it. */
async function load(
  url: string,
  heavyPath: string | undefined,
  durationMs: number,
): Promise<{ light: RecordableHistogram; heavy: RecordableHistogram }> {
  const light = createHistogram();
  const heavy = createHistogram();
  let ended = false;
  const askHeavy = async () => {
    while (!ended) await ask(`${url}${heavyPath}`, heavy);
  };
  const beside = heavyPath === undefined ? undefined : askHeavy();
  const startMs = performance.now();
  const asked: Promise<void>[] = [];
  for (let atMs = 0; atMs < durationMs; atMs += EVERY_MS) {
    await sleep(Math.max(0, startMs + atMs - performance.now()));
    asked.push(ask(`${url}${TIME}`, light));
  }
  await Promise.all(asked);
  ended = true;
  await beside;
  return { light, heavy };
}

async function ask(url: string, times?: RecordableHistogram): Promise<void> {
  const startMs = performance.now();
  const response = await fetch(url);
  await response.arrayBuffer();
  if (!response.ok) throw new Error(`Cannot get ${url}: ${response.status}`);
  times?.record(Math.ceil((performance.now() - startMs) * 1000));
}

function ms(times: RecordableHistogram, percentile: number): string {
  return `${(times.percentile(percentile) / 1000).toFixed(2)} ms`;
}

function printRow(name: string, ...cells: string[]): void {
  console.log(
    name.padEnd(14) + cells.map((cell) => cell.padStart(12)).join(""),
  );
}
