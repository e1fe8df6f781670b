import assert from "node:assert/strict";
import {
  isCancelled,
  type LoomRuntime,
  type Priority,
  TimeoutError,
  WorkerLostError,
} from "../../mod.ts";
import { unpinned } from "../support/runtime.ts";
import { seedFor } from "../support/seed.ts";
import { sized } from "../support/stress.ts";
import { stressTest } from "../support/test.ts";

const COUNT = sized(500, 10_000);
/** One call in so many never stops by itself, or ends its worker. */
const RARE = sized(250, 500);
/** Calls in flight. */
const WIDTH = 40;

/** mulberry32: whole numbers below a limit. */
function randomFrom(seed: number): (limit: number) => number {
  let state = seed;
  return (limit) => {
    state = (state + 0x6d2b79f5) | 0;
    let t = Math.imul(state ^ (state >>> 15), 1 | state);
    t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t;
    return ((t ^ (t >>> 14)) >>> 0) % limit;
  };
}

/** Each says that it runs in word `n`, by adding to it. */
const TASKS = {
  quick: (words: Int32Array, n: number) => Atomics.add(words, n, 1) * 0 + n,
  throws: (words: Int32Array, n: number) => {
    Atomics.add(words, n, 1);
    throw new RangeError(`${n}`);
  },
  works: (words: Int32Array, n: number) => {
    for (let i = 0; i < 20_000 && !isCancelled(); i++) Atomics.add(words, n, 1);
    return n;
  },
  stops: (words: Int32Array, n: number) => {
    while (!isCancelled()) Atomics.add(words, n, 1);
    return -1;
  },
  waits: async (words: Int32Array, n: number) => {
    for (let i = 0; i < 5 && !isCancelled(); i++) {
      Atomics.add(words, n, 1);
      await new Promise((resolve) => setTimeout(resolve, 1));
    }
    return n;
  },
  endless: (words: Int32Array, n: number) => {
    for (;;) Atomics.add(words, n, 1);
  },
  exits: (words: Int32Array, n: number): number => {
    Atomics.add(words, n, 1);
    process.exit(1);
  },
};

type Kind = keyof typeof TASKS;

/** Makes one call and checks how it ends. */
async function callOnce(
  runtime: LoomRuntime,
  words: Int32Array,
  n: number,
  random: (limit: number) => number,
): Promise<string> {
  const usual: Kind[] = ["quick", "throws", "works", "stops", "waits"];
  const rare: Kind[] = ["endless", "exits"];
  const kind = n % RARE === RARE - 1
    ? rare[random(rare.length)]
    : usual[random(usual.length)];
  const mustBeEnded = kind === "stops" || kind === "endless";
  const abort = new AbortController();
  const reason = new Error(`call ${n}`);
  const isAborted = random(3) === 0;
  const hasTimeout = mustBeEnded || random(3) === 0;
  const priorities: Priority[] = ["high", "normal", "low"];
  const view = runtime.with({
    signal: random(4) === 0 && !isAborted ? undefined : abort.signal,
    priority: priorities[random(3)],
    timeoutMs: hasTimeout ? 1 + random(8) : undefined,
    queueTimeoutMs: random(4) === 0 ? 1 + random(30) : undefined,
    // Others stop by themselves, however busy the machine is.
    graceMs: kind === "endless" ? 1 + random(20) : 3_600_000,
  });
  const call = view.spawnCompute<[Int32Array, number], unknown>(
    TASKS[kind],
    words,
    n,
  );
  let settled = 0;
  const outcome = call.then((value) => {
    settled++;
    return { value };
  }, (error: unknown) => {
    settled++;
    return { error };
  });
  if (isAborted) {
    if (random(3) === 0) abort.abort(reason);
    else setTimeout(() => abort.abort(reason), random(6));
  }
  const { value, error } = await outcome as { value?: number; error?: Error };
  assert.equal(settled, 1);
  if (error === undefined) {
    assert.equal(value, n);
    return "returned";
  }
  if (error === reason) {
    assert.ok(isAborted);
    return "aborted";
  }
  if (error instanceof TimeoutError) return error.limit;
  if (error instanceof RangeError) {
    assert.equal(kind, "throws");
    assert.equal(error.message, `${n}`);
    return "threw";
  }
  assert.ok(error instanceof WorkerLostError, `${kind}: ${error}`);
  return "lost";
}

async function idle(runtime: LoomRuntime): Promise<void> {
  while (runtime.inFlight.compute !== 0) {
    await new Promise((resolve) => setTimeout(resolve, 1));
  }
}

for (const workers of [1, 3]) {
  stressTest(
    `Random calls with cancellations, limits, priorities and deaths each settle once, ${workers} worker(s)`,
    async () => {
      const random = randomFrom(seedFor("random calls"));
      await using runtime = await unpinned(workers).build();
      const words = new Int32Array(new SharedArrayBuffer(COUNT * 4));
      const ends = new Map<string, number>();
      let next = 0;
      await Promise.all(Array.from({ length: WIDTH }, async () => {
        while (next < COUNT) {
          const end = await callOnce(runtime, words, next++, random);
          ends.set(end, (ends.get(end) ?? 0) + 1);
        }
      }));
      console.log(ends);
      assert.equal([...ends.values()].reduce((a, b) => a + b), COUNT);
      // All promises are settled: every worker is rid of its calls within their graceMs.
      await idle(runtime);
      const before = words.slice();
      for (let n = 0; n < workers * 4; n++) {
        assert.equal(await runtime.spawnCompute((n: number) => n, n), n);
      }
      assert.deepEqual(words.slice(), before, "a settled call still runs");
    },
  );
}
