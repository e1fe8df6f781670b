/**
 * Measures the contenders of a benchmark in rounds: one contender after another, each in a
 * fresh process, so that other load on the machine meets all of them alike.
 *
 * @module
 */

import type { Benchmark, Contender } from "./benchmark.ts";
import { LOOM_FLAGS } from "./command_line.ts";
import { type Failures, measureInChild } from "./child.ts";
import { environment, RUNTIME } from "./environment.ts";
import { type Failure, type Result, summarize } from "./result.ts";

/** What to measure. */
export interface Plan {
  readonly rounds: number;
  /** For each figure, in milliseconds. */
  readonly ms: string;
  /** Only these contenders; undefined is all. */
  readonly only?: readonly string[];
}

/** What is known of a contender so far. */
interface Progress {
  readonly rounds: Record<string, number[]>;
  failures: Failures;
  problem?: string;
}

/** Measures every contender in every round; reports progress on the error output. */
export function measureRounds(
  benchmark: Benchmark,
  { rounds, ms, only }: Plan,
): Result {
  const started = environment();
  const contenders = installed(benchmark, only);
  const progress = new Map(contenders.map(({ name }): [string, Progress] => [
    name,
    { rounds: {}, failures: {} },
  ]));
  for (let round = 1; round <= rounds; round++) {
    for (const [name, one] of progress) {
      if (one.problem !== undefined) continue;
      console.error(`${benchmark.name}, round ${round} of ${rounds}: ${name}`);
      measureRound(name, one, ms);
    }
  }
  return {
    benchmark: benchmark.name,
    title: benchmark.title,
    figures: benchmark.figures,
    command: commandOf(benchmark, { rounds, ms, only }),
    rounds,
    environment: started,
    contenders: summarize(Object.fromEntries(
      [...progress].map(([name, one]) => [name, one.rounds]),
    )),
    failures: [...progress].flatMap(([name, one]) => failuresOf(name, one)),
  };
}

/** The contenders that can be measured here; reports the others. */
function installed(
  { name, contenders }: Benchmark,
  only: readonly string[] | undefined,
): Contender[] {
  return contenders.filter((contender) => {
    if (only !== undefined && !only.includes(contender.name)) return false;
    const missing = contender.missing?.();
    if (missing === undefined) return true;
    console.error(`${name}: leaves out ${contender.name}: ${missing}`);
    return false;
  });
}

function measureRound(name: string, progress: Progress, ms: string): void {
  const args = ["--ms", ms, ...LOOM_FLAGS];
  const { figures, failures, problem } = measureInChild(
    name,
    args,
    progress.failures,
  );
  for (const [key, value] of Object.entries(figures)) {
    (progress.rounds[key] ??= []).push(value);
  }
  progress.failures = failures;
  progress.problem = problem;
}

function failuresOf(
  contender: string,
  { failures, problem }: Progress,
): Failure[] {
  const single = Object.entries(failures)
    .map(([figure, reason]) => ({ contender, figure, reason }));
  return problem === undefined
    ? single
    : [...single, { contender, reason: problem }];
}

function commandOf({ name }: Benchmark, { rounds, ms, only }: Plan): string {
  const task = RUNTIME === "Deno" ? "deno task" : "bun run";
  const restriction = only === undefined ? "" : ` --only "${only}"`;
  return [
    `${task} bench ${name} --rounds ${rounds} --ms ${ms}${restriction}`,
    ...LOOM_FLAGS,
  ].join(" ");
}
