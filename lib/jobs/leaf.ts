/**
 * One leaf of a parallel loop.
 *
 * @module
 */

import type { Job } from "./job.ts";
import type { Program, RunLeaf } from "./loop_compiler.ts";

/** Runs the items of a leaf: where it begins depends on the number of items only. */
export function runLeaf(
  job: Job,
  program: Program,
  run: RunLeaf,
  leaf: number,
): unknown {
  const { data, length } = program;
  const from = Math.floor(leaf * length / job.leaves);
  const to = Math.floor((leaf + 1) * length / job.leaves);
  return run(data, from, to);
}

/** For what was thrown but cannot cross: what it was at least, or why it cannot. */
export function standIn(error: unknown, problem: unknown): unknown {
  if (!(error instanceof Error)) return problem;
  const plain = new Error(error.message);
  Object.defineProperty(plain, "name", { value: error.name });
  Object.defineProperty(plain, "stack", { value: error.stack });
  return plain;
}
