/**
 * Measures the latency of the light route. The server runs in a process of its own, so that
 * the measuring process does not share its event loop.
 *
 * @module
 */

import { type ChildProcess, fork } from "node:child_process";
import { once } from "node:events";
import { createHistogram, type RecordableHistogram } from "node:perf_hooks";
import { setTimeout as sleep } from "node:timers/promises";
import { fileURLToPath } from "node:url";
import { INLINE, ON_LOOM, TIME } from "./server.ts";

/** Interval of requests to the light route, independent of their latency. */
const EVERY_MS = 5;
const WARM_UP_CALLS = 20;

/** Loads during a measurement: requests to this route, one after another. */
const LOADS = {
  "idle": undefined,
  "heavy on loom": ON_LOOM,
  "heavy inline": INLINE,
};

/** Starts the server with `args` and prints the latencies of its light route. */
export async function measure(
  seconds: number,
  args: readonly string[],
): Promise<void> {
  const server = startServer(args);
  const ended = once(server, "exit");
  try {
    const url = await addressOf(server);
    for (const path of [TIME, ON_LOOM, INLINE]) {
      for (let i = 0; i < WARM_UP_CALLS; i++) await request(`${url}${path}`);
    }
    printRow("", "/time p50", "p99", "heavy calls", "p50");
    for (const [name, path] of Object.entries(LOADS)) {
      const { light, heavy } = await load(url, path, seconds * 1000);
      const heavyCells = path === undefined
        ? []
        : [`${heavy.count}`, ms(heavy, 50)];
      printRow(name, ms(light, 50), ms(light, 99), ...heavyCells);
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
    `Cannot measure: the server ended before it started to listen: ${text}`,
  );
}

/** Measures latencies in microseconds of the light route and of the load. */
async function load(
  url: string,
  heavyPath: string | undefined,
  durationMs: number,
): Promise<{ light: RecordableHistogram; heavy: RecordableHistogram }> {
  const light = createHistogram();
  const heavy = createHistogram();
  let ended = false;
  const requestHeavy = async () => {
    while (!ended) await request(`${url}${heavyPath}`, heavy);
  };
  const heavyDone = heavyPath === undefined ? undefined : requestHeavy();
  const startMs = performance.now();
  const requests: Promise<void>[] = [];
  for (let atMs = 0; atMs < durationMs; atMs += EVERY_MS) {
    await sleep(Math.max(0, startMs + atMs - performance.now()));
    requests.push(request(`${url}${TIME}`, light));
  }
  await Promise.all(requests);
  ended = true;
  await heavyDone;
  return { light, heavy };
}

async function request(
  url: string,
  times?: RecordableHistogram,
): Promise<void> {
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
