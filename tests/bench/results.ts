/**
 * Results for tests, as a benchmark would have written them.
 *
 * @module
 */

import type { RuntimeName } from "../../bench/harness/environment.ts";
import type { Figure } from "../../bench/harness/benchmark.ts";
import {
  type Failure,
  type Result,
  summarize,
} from "../../bench/harness/result.ts";

/** A figure in microseconds called after its key. */
export function microseconds(...keys: readonly string[]) {
  return Object.fromEntries(
    keys.map((key, i): [string, Figure] => [
      key,
      { label: `label of ${key}`, unit: "us", at: 10 ** i },
    ]),
  );
}

/** A result; a contender is given by its rounds, or by why it failed. */
export function resultOf(
  benchmark: string,
  contenders: Readonly<Record<string, Record<string, number[]> | string>>,
  runtime: RuntimeName = "Deno",
): Result {
  const rounds: Record<string, Record<string, number[]>> = {};
  const failures: Failure[] = [];
  for (const [contender, one] of Object.entries(contenders)) {
    if (typeof one === "string") failures.push({ contender, reason: one });
    else rounds[contender] = one;
  }
  const keys = Object.values(rounds).flatMap((one) => Object.keys(one));
  return {
    benchmark,
    title: `Title of ${benchmark}`,
    command: `the command for ${benchmark} on ${runtime}`,
    rounds: 3,
    environment: {
      runtime,
      version: "1.2.3",
      cpu: "Abacus",
      cpuCount: 2,
      cpus: "0-1",
      kernel: "6.1.0",
      load: [0.1, 0.2, 0.3],
      date: "2026-11-23T12:00:00.000Z",
    },
    figures: microseconds(...new Set(keys)),
    contenders: summarize(rounds),
    failures,
  };
}
