/**
 * A program with as many workers as a test wants, which answers as an observed one does. It runs
 * nothing: it invents figures that look like those of a busy pool.
 *
 * @module
 */

import { createServer, type RequestListener } from "node:http";
import type { Calls, Slice, Snapshot } from "../../lib/dashboard/types.ts";
import type { ThreadMetrics } from "../../lib/metrics/types.ts";
import { SAFETY_HEADERS } from "../../lib/dashboard/browser_safety.ts";
import { pageFile } from "../../lib/dashboard/page.ts";
import { listen, type LocalServer } from "./loopback.ts";

/** What a simulated program has. */
export interface SimulatedOptions {
  readonly workers: number;
  /** The picture of its machine; without one, threads are not pinned. */
  readonly machine?: string;
  /** The CPU of a thread; 0 is the main one. */
  readonly cpuOf?: (thread: number) => number;
}

const TASKS:
  readonly (readonly [name: string, meanMs: number, part: number])[] = [
    ["renderTile", 24, 0.34],
    ["parseRecord", 0.35, 0.22],
    ["hashBlock", 3.2, 0.16],
    ["resizeImage", 58, 0.12],
    ["(row) => row.values.reduce((a, b) => a + b)", 0.012, 0.07],
    ["compressChunk", 9.5, 0.05],
    ["matchPattern", 1.1, 0.03],
    ["warmCache", 0.2, 0.01],
  ];

/** The program. Its time goes on by `advance()` or, when it is served, by the clock. */
export class SimulatedProgram {
  #timeMs = 60_000;
  readonly #options: SimulatedOptions;
  readonly #threads: {
    busyMs: number;
    runs: number;
    failed: number;
    parks: number;
    lost: number;
    recycled: number;
    load: number;
  }[];
  readonly #tasks = TASKS.map(() => ({ runs: 0, failed: 0, totalMs: 0 }));
  readonly #startedMs = Date.now() - 7_512_000;
  readonly #latency = new Map<number, number>();
  readonly #delay = new Map<number, number>();
  #slices: Slice[] = [];
  #queued = 0;
  #settled = 0;
  #seed = 7;

  constructor(options: SimulatedOptions) {
    this.#options = options;
    this.#threads = Array.from({ length: options.workers + 1 }, () => ({
      busyMs: 0,
      runs: 0,
      failed: 0,
      parks: 0,
      lost: 0,
      recycled: 0,
      load: 0,
    }));
    this.advance(1_000);
  }

  /** Has a worker die, or be replaced as planned. */
  endWorker(worker: number, kind: "lost" | "recycled" = "lost"): void {
    this.#threads[worker][kind]++;
  }

  /** Lets time go by. */
  advance(ms: number): void {
    const wave = Math.sin(this.#timeMs / 17_000) * 0.25 +
      Math.sin(this.#timeMs / 4_100) * 0.1;
    this.#queued = Math.max(0, Math.round(40 * wave + 30 * this.#random()));
    this.#threads.forEach((thread, index) => {
      const bias = index === 0 ? 0.12 : 0.35 + 0.5 * ((index * 37 % 64) / 64);
      thread.load = Math.min(
        1,
        Math.max(0, bias + wave + 0.2 * (this.#random() - 0.5)),
      );
      if (index > 0) this.#work(index, ms);
    });
    for (let n = 0; n < 40; n++) {
      count(this.#delay, 0.1 * 2 ** (this.#random() * 5));
    }
    this.#timeMs += ms;
    this.#slices = this.#slices.filter(({ startMs }) =>
      startMs > this.#timeMs - 20_000
    );
  }

  #work(index: number, ms: number): void {
    const thread = this.#threads[index];
    const endMs = this.#timeMs + ms;
    for (let at = this.#timeMs; at < endMs;) {
      const task = this.#pick();
      const [name, meanMs] = TASKS[task];
      // Short calls come in groups, which one slice stands for here.
      const calls = Math.max(1, Math.round(2 / meanMs));
      const runMs = Math.min(
        endMs - at,
        meanMs * calls * (0.5 + this.#random()),
      );
      const failed = this.#random() < 0.004;
      this.#slices.push({
        thread: this.#name(index),
        task: name,
        startMs: at,
        ms: runMs,
        kind: "call",
        caller: this.#name(0),
        failed,
        isUnfinished: false,
      });
      thread.runs += calls;
      thread.busyMs += runMs;
      this.#settled += calls;
      this.#tasks[task].runs += calls;
      this.#tasks[task].totalMs += runMs;
      if (failed) {
        thread.failed++;
        this.#tasks[task].failed++;
      }
      count(this.#latency, meanMs * (1 + 3 * this.#random() ** 4), calls);
      const pauseMs = runMs * (1 / Math.max(0.03, thread.load) - 1);
      if (pauseMs > 0.05) thread.parks++;
      at += runMs + pauseMs;
    }
  }

  #pick(): number {
    let rest = this.#random() * 0.9999;
    // Long tasks are rarer, so that each has its part of the time.
    const weights = TASKS.map(([, meanMs, part]) => part / Math.max(2, meanMs));
    const total = weights.reduce((a, b) => a + b);
    rest *= total;
    return weights.findIndex((weight) => (rest -= weight) < 0);
  }

  /** What `GET /snapshot` answers. */
  snapshot(): Snapshot {
    const times = { count: 1, p50: 1, p99: 1, maxMs: 1 };
    const threads = this.#threadMetrics();
    const running = threads.reduce((sum, it) => sum + it.running, 0);
    return {
      pid: 41_200,
      program: "/srv/tiles/render.ts",
      runtime: "deno 2.9.6",
      name: "tiles",
      startedMs: this.#startedMs,
      hasHosts: false,
      rssBytes: 412 * 2 ** 20,
      metrics: {
        timeMs: this.#timeMs,
        compute: { queued: this.#queued, running },
        async: { queued: 0, running: 0 },
        inFlight: this.#queued + running,
        threads,
        tasks: this.#tasks.map((task, index) => ({
          name: TASKS[index][0],
          ...task,
          meanMs: task.runs === 0 ? 0 : task.totalMs / task.runs,
          maxMs: TASKS[index][1] * 3.1,
        })),
        runTime: times,
        queueTime: times,
        latency: times,
        eventLoopDelay: times,
        arenaBytes: 64 * 2 ** 20,
        arenaUsedBytes: (20 + this.#queued / 3) * 2 ** 20,
      },
      buckets: {
        runTime: [],
        queueTime: [],
        latency: listed(this.#latency),
        eventLoopDelay: listed(this.#delay),
      },
    };
  }

  #threadMetrics(): ThreadMetrics[] {
    const { cpuOf } = this.#options;
    return this.#threads.map((thread, index) => ({
      name: this.#name(index),
      role: index === 0 ? "async" as const : "compute" as const,
      cpu: cpuOf?.(index) ?? null,
      threadId: 41_200 + index,
      state: thread.load > 0.5 ? "busy" as const : "asleep" as const,
      running: thread.load > 0.5 ? 1 : 0,
      runs: thread.runs,
      failed: thread.failed,
      dropped: 0,
      busyMs: thread.busyMs,
      parks: thread.parks,
      wakes: thread.parks,
      searches: thread.parks,
      joins: 0,
      lost: thread.lost,
      recycled: thread.recycled,
      settledCalls: index === 0 ? this.#settled : 0,
      cancelledCalls: 0,
      lostCalls: thread.lost,
      sentBytes: 0,
      sharedBytes: 0,
    }));
  }

  /** What `GET /calls` answers. */
  calls(sinceMs: number): Calls {
    return {
      nowMs: this.#timeMs,
      isCut: false,
      slices: this.#slices.filter(({ startMs, ms }) =>
        startMs + ms > sinceMs && startMs + ms <= this.#timeMs
      ),
    };
  }

  /** Serves it and its page on a free port of this machine. */
  serve(): Promise<LocalServer> {
    let last = performance.now();
    const server = createServer(this.#listener(() => {
      const now = performance.now();
      // As long as the page waits between its questions.
      if (now - last > 20) this.advance(now - last);
      last = now;
    }));
    return listen(server);
  }

  #listener(tick: () => void): RequestListener {
    return ({ url = "/" }, response) => {
      const { pathname, searchParams } = new URL(url, "http://localhost");
      const { machine } = this.#options;
      const answer = (status: number, type: string, body: string) => {
        response.writeHead(status, { ...SAFETY_HEADERS, "content-type": type });
        response.end(body);
      };
      const json = (data: unknown) =>
        answer(200, "application/json", JSON.stringify(data));
      const file = pageFile(pathname);
      if (file !== undefined) return answer(200, file.type, file.body);
      if (pathname === "/snapshot") {
        tick();
        return json(this.snapshot());
      }
      if (pathname === "/calls") {
        return json(this.calls(Number(searchParams.get("since"))));
      }
      if (pathname === "/machine.svg" && machine !== undefined) {
        return answer(200, "image/svg+xml", machine);
      }
      answer(404, "text/plain", "");
    };
  }

  #name(index: number): string {
    return index === 0
      ? "tiles-async-0000"
      : `tiles-compute-${String(index - 1).padStart(4, "0")}`;
  }

  #random(): number {
    this.#seed = (this.#seed * 1_103_515_245 + 12_345) % 2_147_483_648;
    return this.#seed / 2_147_483_648;
  }
}

/** Counts a time in its bucket, of which there are eight to each power of two. */
function count(buckets: Map<number, number>, ms: number, by = 1): void {
  const endMs = 2 ** (Math.ceil(Math.log2(ms) * 8) / 8);
  buckets.set(endMs, (buckets.get(endMs) ?? 0) + by);
}

function listed(buckets: ReadonlyMap<number, number>) {
  return [...buckets].map(([endMs, count]) => ({ endMs, count }))
    .toSorted((a, b) => a.endMs - b.endMs);
}
