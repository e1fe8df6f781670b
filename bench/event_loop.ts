/**
 * Measures a light HTTP route while heavy calls run.
 *
 *     deno task bench event_loop        bun run bench event_loop
 *
 * A node:http server serves a light route while two calls that compute for 20 ms each are
 * always in flight on the one worker of a pool. The client is another process, which sends
 * one request every 2 ms. For comparison, the same work runs on the event loop itself, and
 * there is a run without calls.
 *
 * @module
 */

import { execFile } from "node:child_process";
import { createServer, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import process from "node:process";
import { setTimeout as sleep } from "node:timers/promises";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import { poolContenders } from "./contenders/list.ts";
import { computeFor } from "./contenders/pool.ts";
import type { Benchmark, Budget, Figures } from "./harness/benchmark.ts";
import { RUNTIME } from "./harness/environment.ts";
import { runBenchmark } from "./harness/main.ts";
import type { Recorder } from "./harness/recorder.ts";

const KEYS = ["p50", "p90", "p99"];
const HEAVY_MS = 20;
const HEAVY_AT_ONCE = 2;
/** The client runs for so many times the time of a figure: a p99 needs many requests. */
const CLIENT_FIGURES = 5;
const CLIENT = fileURLToPath(
  new URL("programs/http_client.ts", import.meta.url),
);

async function measure(
  heavy: (() => Promise<unknown>) | undefined,
  recorder: Recorder,
): Promise<void> {
  await recorder.recordAll(KEYS, () => serve(heavy, recorder));
}

/** Serves while the client measures; returns what the client measured. */
async function serve(
  heavy: (() => Promise<unknown>) | undefined,
  { figureMs }: Budget,
): Promise<Figures> {
  const server = await listen();
  let done = false;
  const keepBusy = async () => {
    while (!done && heavy !== undefined) await heavy();
  };
  const busy = Array.from({ length: HEAVY_AT_ONCE }, keepBusy);
  const { port } = server.address() as AddressInfo;
  const run = RUNTIME === "Deno" ? ["run", "--allow-all"] : [];
  const { stdout } = await promisify(execFile)(process.execPath, [
    ...run,
    CLIENT,
    String(port),
    String(CLIENT_FIGURES * figureMs),
  ]);
  done = true;
  await Promise.all(busy);
  server.close();
  return JSON.parse(stdout);
}

function listen(): Promise<Server> {
  const server = createServer((_, response) => response.end("light"));
  return new Promise((resolve) => {
    server.listen(0, "127.0.0.1", () => resolve(server));
  });
}

/** The benchmark of this file. */
export const benchmark: Benchmark = {
  name: "event_loop",
  title: "A light HTTP route beside heavy calls",
  figures: {
    p50: { label: "p50", unit: "us", at: 50 },
    p90: { label: "p90", unit: "us", at: 90 },
    p99: { label: "p99", unit: "us", at: 99 },
  },
  contenders: [
    ...poolContenders((pool, recorder) =>
      measure(() => pool.busy(HEAVY_MS), recorder)
    ),
    {
      name: "no calls",
      measure: (recorder) => measure(undefined, recorder),
    },
    {
      name: "on the event loop",
      measure: (recorder) =>
        measure(async () => {
          computeFor(HEAVY_MS);
          // On Deno, setImmediate() would leave I/O no turn at all.
          await sleep(0);
        }, recorder),
    },
  ],
};

if (import.meta.main) await runBenchmark(benchmark);
