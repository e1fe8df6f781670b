/**
 * Measures how the cost of a call depends on the number of functions that a program sends.
 *
 *     deno task bench scale_functions        bun run bench scale_functions
 *
 * The functions are `(n) => n + K`, each with a K of its own, on one worker. A later call is
 * one of 1,000 at once that take the functions in turn. A first call checks its function for
 * captured variables, gives it a number and compiles it on the worker; all first calls are
 * made at once.
 *
 * @module
 */

import { LoomBuilder, type LoomRuntime } from "../mod.ts";
import type { Benchmark, Figure } from "./harness/benchmark.ts";
import { LOOM_ARGS } from "./harness/command_line.ts";
import { runBenchmark } from "./harness/main.ts";
import type { Recorder } from "./harness/recorder.ts";
import { medianUs } from "./harness/timing.ts";

const COUNTS = [1, 10, 100, 1000];
const BATCH = 1000;

async function measure(recorder: Recorder): Promise<void> {
  const runtime = await new LoomBuilder().computeThreads(1)
    .withCliArgs(LOOM_ARGS).build();
  // The first function of all also loads the parser.
  await runtime.spawnCompute((n: number) => n, 1);
  for (const count of COUNTS) {
    const functions = functionsFrom(COUNTS.indexOf(count), count);
    const call = (n: number) =>
      runtime.spawnCompute(functions[n % count], n) as Promise<number>;
    await recorder.record(`first${count}`, () => firstUs(call, count));
    const all = () =>
      Promise.all(Array.from({ length: BATCH }, (_, n) => call(n)));
    await recorder.record(
      `at${count}`,
      async () => await medianUs(all, recorder) / BATCH,
    );
  }
}

async function firstUs(
  call: (n: number) => Promise<number>,
  count: number,
): Promise<number> {
  const before = performance.now();
  await Promise.all(Array.from({ length: count }, (_, n) => call(n)));
  return (performance.now() - before) * 1000 / count;
}

type SentFunction = Parameters<LoomRuntime["spawnCompute"]>[0];

/** Functions whose texts differ from each other and from those of other groups. */
function functionsFrom(group: number, count: number): SentFunction[] {
  return Array.from(
    { length: count },
    (_, k) => (0, eval)(`(n) => n + ${group}.${k}5`),
  );
}

function figures(): Record<string, Figure> {
  const later: Record<string, Figure> = {};
  const first: Record<string, Figure> = {};
  for (const at of COUNTS) {
    const of = at === 1 ? "1 function" : `${at.toLocaleString("en")} functions`;
    later[`at${at}`] = { label: `later call, ${of}`, unit: "us", at };
    first[`first${at}`] = { label: `first call, ${of}`, unit: "us" };
  }
  return { ...later, ...first };
}

/** The benchmark of this file. */
export const benchmark: Benchmark = {
  name: "scale_functions",
  title: "Cost of a small call by the number of functions",
  figures: figures(),
  contenders: [{ name: "loom", measure }],
};

if (import.meta.main) await runBenchmark(benchmark);
