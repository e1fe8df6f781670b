/**
 * Measures a mix of quick and slow calls that nobody has told apart.
 *
 *     deno task bench adaptive        bun run bench adaptive
 *
 * A batch has many calls of about 0.2 us, some of 20 us and a few of 400 us, made all at once.
 * loom makes them by spawnAdaptive(); the others send all of them, or run all of them on the
 * main thread. There is one compute worker. The last figures are what one adaptive call of a
 * quick function costs beside an `await` of the plain function, and one decision alone.
 *
 * @module
 */

import { Normals } from "../lib/adaptive/normals.ts";
import { AdaptivePolicy, RUN_TIMED, SEND } from "../lib/adaptive/policy.ts";
import { ADAPTIVE_DEFAULTS } from "../lib/adaptive/settings.ts";
import { LoomBuilder, type LoomRuntime } from "../mod.ts";
import type { Benchmark, Budget } from "./harness/benchmark.ts";
import { LOOM_ARGS } from "./harness/command_line.ts";
import { runBenchmark } from "./harness/main.ts";
import type { Recorder } from "./harness/recorder.ts";
import { medianUs } from "./harness/timing.ts";

/** Rounds of arithmetic of one call, some nanoseconds each. Three functions, as in a program. */
const quick = (rounds: number) => {
  let x = 1;
  for (let i = 0; i < rounds; i++) x = Math.sqrt(x + i);
  return x;
};
const medium = (rounds: number) => {
  let x = 2;
  for (let i = 0; i < rounds; i++) x = Math.sqrt(x + i);
  return x;
};
const slow = (rounds: number) => {
  let x = 3;
  for (let i = 0; i < rounds; i++) x = Math.sqrt(x + i);
  return x;
};

type Work = typeof quick;
type Call = (fn: Work, rounds: number) => Promise<number>;

/** The calls of a batch: a slow one, then others, and so on. */
const GROUP: readonly (readonly [fn: Work, rounds: number, count: number])[] = [
  [slow, 80_000, 1],
  [medium, 4_000, 8],
  [quick, 40, 200],
];
const GROUPS = 3;

function batch(call: Call): Promise<unknown> {
  const calls: Promise<number>[] = [];
  for (let group = 0; group < GROUPS; group++) {
    for (const [fn, rounds, count] of GROUP) {
      for (let i = 0; i < count; i++) calls.push(call(fn, rounds));
    }
  }
  return Promise.all(calls);
}

type CallsOf = (runtime: LoomRuntime) => Call;

async function measure(callsOf: CallsOf, recorder: Recorder): Promise<void> {
  await using runtime = await new LoomBuilder().computeThreads(1)
    .withCliArgs(LOOM_ARGS).build();
  const call = callsOf(runtime);
  await recorder.record("batch", () => medianUs(() => batch(call), recorder));
  if (callsOf !== adaptive) return;
  await recorder.record("call", () => callUs(runtime, recorder));
  await recorder.record("decision", () => Promise.resolve(decisionUs()));
}

const adaptive: CallsOf = (runtime) => (fn, rounds) =>
  runtime.spawnAdaptive(fn, rounds);
const sent: CallsOf = (runtime) => (fn, rounds) =>
  runtime.spawnCompute(fn, rounds);
const here: CallsOf = () => (fn, rounds) => Promise.resolve(fn(rounds));

/** Calls that are timed together: one alone is shorter than the clock can tell. */
const TOGETHER = 1000;

async function callUs(runtime: LoomRuntime, budget: Budget): Promise<number> {
  const each = async (call: Call) => {
    const us = await medianUs(async () => {
      for (let i = 0; i < TOGETHER; i++) await call(quick, 1);
    }, { figureMs: budget.figureMs / 2 });
    return us / TOGETHER;
  };
  return await each(adaptive(runtime)) - await each(here(runtime));
}

/** Functions between the costs of both ways, for which the decision takes longest. */
function decisionUs(): number {
  const policy = new AdaptivePolicy(ADAPTIVE_DEFAULTS, new Normals(1));
  const decisions = 10_000;
  let us = Infinity;
  // The shortest of many short rounds: other programs do not count.
  for (let round = 0; round < 200; round++) {
    const startMs = performance.now();
    for (let i = 0; i < decisions; i++) {
      const task = i & 7;
      const decision = policy.choose(task, i & 1, undefined);
      if (decision === RUN_TIMED) policy.ran(task, 20 + task);
      else if (decision === SEND && policy.watches(task)) {
        policy.sent(task, 40, 1, 20 + task);
      }
    }
    us = Math.min(us, (performance.now() - startMs) * 1000 / decisions);
  }
  return us;
}

/** The benchmark of this file. */
export const benchmark: Benchmark = {
  name: "adaptive",
  title: "Quick and slow calls, mixed",
  figures: {
    batch: { label: "600 quick, 24 medium and 3 slow calls", unit: "us" },
    call: { label: "an adaptive call beside a plain one", unit: "us" },
    decision: { label: "one decision, with what it learns", unit: "us" },
  },
  contenders: [
    { name: "loom", measure: (recorder) => measure(adaptive, recorder) },
    { name: "all calls sent", measure: (recorder) => measure(sent, recorder) },
    {
      name: "on the event loop",
      measure: (recorder) => measure(here, recorder),
    },
  ],
};

if (import.meta.main) await runBenchmark(benchmark);
