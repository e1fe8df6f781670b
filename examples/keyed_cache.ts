/**
 * Answers questions from a cache on each worker, first on any worker, then on the worker of
 * the question's key, and shows how often the cache had what was needed:
 *
 *     deno run -A examples/keyed_cache.ts
 *     bun examples/keyed_cache.ts --loom-compute-threads 4
 *
 * A worker keeps the data of 24 sensors. Without a key, every worker is asked about all
 * sensors, more than it can keep. With one, each has its share of them.
 *
 * @module
 */

import { LoomBuilder, type LoomRuntime, type MapOptions } from "../mod.ts";
import { clearCache, quantile, type Question } from "./keyed_cache/readings.ts";

const QUESTIONS = 3_000;
/** So many that three workers can keep them all, but not one. */
const SENSORS = 60;

await using runtime = await new LoomBuilder().prefix("cache").computeThreads(3)
  .withCliArgs().build();
console.log(
  `${QUESTIONS} questions about ${SENSORS} sensors, ` +
    `${runtime.computeThreads} compute worker(s)`,
);
const questions = ask();
const options = { concurrency: 64 };
const anywhere = await answer(runtime, "any worker", options);
const byKey = await answer(runtime, "by key", {
  ...options,
  key: ({ sensor }: Question) => sensor,
});
const same = anywhere.every((value, i) => value === byKey[i]);
console.log(`The answers are ${same ? "the same" : "DIFFERENT"}`);

/** Questions about sensors in an order without a pattern, the same in each run. */
function ask(): Question[] {
  let state = 1;
  const next = (count: number) => {
    state = Math.imul(state, 1664525) + 1013904223 | 0;
    return Math.floor((state >>> 0) / 2 ** 32 * count);
  };
  return Array.from(
    { length: QUESTIONS },
    () => ({ sensor: `sensor-${next(SENSORS)}`, share: next(101) / 100 }),
  );
}

/** Answers all questions and prints what the caches did. */
async function answer(
  runtime: LoomRuntime,
  name: string,
  options: MapOptions<[], false, Question>,
): Promise<number[]> {
  await runtime.onEachWorker(clearCache);
  const startMs = performance.now();
  const answers: number[] = [];
  for await (const value of runtime.computeMap(questions, quantile, options)) {
    answers.push(value);
  }
  const ms = performance.now() - startMs;
  const counts = await runtime.onEachWorker(clearCache);
  const hits = counts.reduce((sum, { hits }) => sum + hits, 0);
  const perWorker = counts.map(({ hits, misses }) => hits + misses).join(", ");
  const rate = Math.round(100 * hits / QUESTIONS);
  console.log(
    `${name}: ${rate} % hits, ${Math.round(ms)} ms; per worker: ${perWorker}`,
  );
  return answers;
}
