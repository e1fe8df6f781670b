/**
 * The list of benchmarks, in the order in which they run.
 *
 * @module
 */

import { existsSync } from "node:fs";
import { fileURLToPath } from "node:url";
import type { Benchmark } from "./harness/benchmark.ts";

/** The names of the benchmarks; each is a file of this folder. */
export const BENCHMARKS: readonly string[] = [
  "latency",
  "first_calls",
  "throughput",
  "payload",
  "completion",
  "startup",
  "event_loop",
  "streams",
  "parallel",
  "break_even",
  "adaptive",
  "neighbours",
  "memory",
  "scale_workers",
  "scale_queue",
  "scale_functions",
  "scale_items",
  "scale_memory",
];

/**
 * Returns the path of the program of a benchmark.
 *
 * @throws {Error} When there is no such benchmark.
 */
export function benchmarkPath(name: string): string {
  const path = fileURLToPath(new URL(`${name}.ts`, import.meta.url));
  if (!BENCHMARKS.includes(name) || !existsSync(path)) {
    throw new Error(
      `No such benchmark: ${name}. There are: ${BENCHMARKS.join(", ")}`,
    );
  }
  return path;
}

/** Loads a benchmark without running it. */
export async function loadBenchmark(name: string): Promise<Benchmark> {
  const { benchmark } = await import(benchmarkPath(name));
  return benchmark;
}
