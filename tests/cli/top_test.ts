import assert from "node:assert/strict";
import { readFileSync, rmSync } from "node:fs";
import { join } from "node:path";
import { runProgram } from "../../lib/cli/main.ts";
import { renderTop, type Screen } from "../../lib/cli/top/render.ts";
import { viewOf } from "../../lib/cli/top/view.ts";
import { columnsOf } from "../../lib/cli/top/width.ts";
import type { Snapshot } from "../../lib/observer/snapshot.ts";
import type { ThreadMetrics } from "../../mod.ts";
import { withFiles } from "../config/config_file.ts";
import { unpinned } from "../support/runtime.ts";
import { test } from "../support/test.ts";

const SCREEN: Screen = {
  columns: 80,
  rows: 24,
  color: false,
  threadOrder: "number",
  taskOrder: "time",
  scroll: 0,
  isPaused: false,
};

/** A thread that has done a little more than the one before, in so many milliseconds. */
function thread(index: number, workers: number, timeMs: number): ThreadMetrics {
  return {
    name: index === 0
      ? "myapp-async-0000"
      : `myapp-compute-${String(index - 1).padStart(4, "0")}`,
    role: index === 0 ? "async" : "compute",
    cpu: index,
    threadId: 1000 + index,
    state: index % 2 === 0 ? "busy" : "asleep",
    running: index % 2,
    runs: index * timeMs,
    failed: 0,
    dropped: 0,
    busyMs: timeMs * index / workers,
    parks: timeMs,
    wakes: 0,
    searches: 0,
    joins: 0,
    lost: index === 2 ? 3 : 0,
    recycled: 0,
    settledCalls: 0,
    cancelledCalls: 0,
    lostCalls: 0,
    sentBytes: 0,
    sharedBytes: 0,
  };
}

/** A snapshot of a runtime that has existed for so many milliseconds. */
function snapshot(workers: number, timeMs: number, tasks: string[]): Snapshot {
  const buckets = [
    { endMs: 0.5, count: timeMs * 0.98 },
    { endMs: 64, count: timeMs * 0.02 },
  ];
  const metrics = {
    timeMs,
    compute: { queued: 12, running: 3 },
    async: { queued: 0, running: 0 },
    inFlight: 15,
    threads: Array.from(
      { length: workers + 1 },
      (_, index) => thread(index, workers, timeMs),
    ),
    tasks: tasks.map((name, index) => ({
      name,
      runs: timeMs * (index + 1),
      failed: index,
      totalMs: timeMs / (index + 1),
      meanMs: 1,
      maxMs: 2000 * index,
    })),
  };
  return {
    pid: 4711,
    program: "/srv/app/main.ts",
    runtime: "deno 2.9.6",
    name: "myapp",
    hasHosts: false,
    rssBytes: 50_000_000,
    startedMs: 0,
    // JSON has no histograms.
    metrics: metrics as unknown as Snapshot["metrics"],
    buckets: {
      latency: buckets,
      queueTime: [],
      runTime: [],
      eventLoopDelay: buckets,
    },
  };
}

const NAMES = [
  "resize",
  "画像を縮小する",
  "\x1b[31mred\nsecond line",
  "x".repeat(300),
];

function draw(workers: number, screen: Partial<Screen>): string[] {
  const [now, before] = [2000, 1000].map((ms) => snapshot(workers, ms, NAMES));
  return renderTop(viewOf(now, before), { ...SCREEN, ...screen });
}

test("loom top fits the screen, whatever the names and the number of workers", () => {
  for (const workers of [1, 4, 64]) {
    for (const [columns, rows] of [[80, 24], [200, 50], [40, 12], [20, 6]]) {
      const lines = draw(workers, { columns, rows });
      assert.equal(lines.length, rows);
      for (const line of lines) {
        assert.ok(columnsOf(line) <= columns, line);
        assert.doesNotMatch(line, /\p{Cc}/u);
      }
    }
  }
});

test("loom top shows rates, loads and times since the picture before", () => {
  assert.equal(
    draw(2, {}).map((line) => line.trimEnd()).join("\n"),
    `\
loom top: myapp, /srv/app/main.ts (4711), deno 2.9.6, up 2 s
Threads 3, 1 asleep, 3 lost   Runs 3000/s
Calls   12 queued, 3 running, 15 in flight
Latency p50 500µs  p99 64.0ms  max 64.0ms
Queued  -
Loop    p50 500µs  p99 64.0ms  max 64.0ms late

THREAD                         CPU STATE     LOAD                RUNS/S  PARKS/S
myapp-async-0000                 0 main      [          ]    -        0     1000
myapp-compute-0000               1 awaits    [|||||     ]  50%     1000     1000
myapp-compute-0001 (3 lost)      2 busy      [||||||||||] 100%     2000     1000

FUNCTION                                RUNS/S   CPUS     MEAN      MAX   FAILED
resize                                    1000   1.00   1.00ms   0.00µs        0
画像を縮小する                            2000   0.50    250µs    2.00s        1
?[31mred?second line                      3000   0.33    111µs    4.00s        2
xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx…     4000   0.25   62.5µs    6.00s        3






s threads by number  t functions by time  ↑↓ scroll  p pauses  q quits`,
  );
});

test("loom top sorts, scrolls and says what has no room", () => {
  const first = (lines: readonly string[]) => {
    const head = lines.findIndex((line) => line.startsWith("THREAD"));
    return lines[head + 1];
  };
  assert.match(first(draw(64, {})), /^myapp-async-0000 /);
  assert.match(
    first(draw(64, { threadOrder: "load" })),
    /^myapp-compute-0063 /,
  );
  assert.match(first(draw(64, { scroll: 5 })), /^myapp-compute-0004 /);
  // The last ones stay on the screen.
  const bottom = draw(64, { scroll: 1000 });
  assert.ok(bottom.some((line) => line.startsWith("myapp-compute-0063 ")));
  assert.ok(draw(64, {}).some((line) => /^ {2}… \d+ more$/.test(line)));
  assert.ok(!draw(2, {}).some((line) => line.includes("more")));
  assert.ok(draw(64, { rows: undefined }).length > 64 + NAMES.length);
});

test("loom top colours nothing unless told to, and then changes no text", () => {
  const plain = draw(4, {});
  const colored = draw(4, { color: true });
  assert.ok(
    colored.some((line) => line.includes("\x1b[31m[||||||||||]\x1b[0m")),
  );
  // deno-lint-ignore no-control-regex
  const sequence = /\x1b\[\d+m/g;
  assert.deepEqual(colored.map((line) => line.replace(sequence, "")), plain);
});

async function run(...argv: string[]) {
  let [out, err] = ["", ""];
  const exitCode = await runProgram(argv, {
    out: (text) => out += text,
    err: (text) => err += text,
  });
  return { exitCode, out, err };
}

test("loom top --once and loom trace look into a running process", () =>
  withFiles({}, async (folder) => {
    const socket = join(folder, "loom-1.sock");
    await using runtime = await unpinned(1).observe({ socket }).build();
    let isOver = false;
    const working = (async () => {
      while (!isOver) {
        await runtime.spawnCompute(function square(n: number) {
          return n * n;
        }, 3);
        await new Promise((go) => setTimeout(go));
      }
    })();
    const top = await run("top", "--once", "--interval", "0.2", socket);
    assert.deepEqual([top.exitCode, top.err], [0, ""]);
    assert.match(top.out, /^test-compute-0000 .* \d+%/m);
    assert.match(top.out, /^square /m);
    const file = join(folder, "trace.json");
    const trace = await run("trace", "--seconds", "0.2", "-o", file, socket);
    assert.deepEqual([trace.exitCode, trace.err], [0, ""]);
    assert.match(trace.out, /^Wrote \d+ calls of 0\.2 s to /);
    const { traceEvents } = JSON.parse(readFileSync(file, "utf8"));
    assert.ok(
      traceEvents.some(({ name }: { name: string }) => name === "square"),
    );
    isOver = true;
    await working;
    rmSync(socket);
    const gone = await run("top", "--once", socket);
    assert.equal(gone.exitCode, 1);
    assert.match(gone.err, /^Cannot ask for \/snapshot at ".*": /);
    const bad = await run("trace", "--seconds", "soon", socket);
    assert.match(bad.err, /^Cannot trace for soon seconds: /);
  }));
