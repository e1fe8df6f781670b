/**
 * Runs a terminal operation on the current runtime.
 *
 * @module
 */

import { currentRuntime } from "../current.ts";
import type { LoopPlan } from "../jobs/program.ts";
import type { LeafValues, Team } from "../jobs/team.ts";
import type { AnyFunction } from "../tasks/function.ts";
import type { Sorting } from "./sort.ts";

/** A terminal operation: a loop, and what to make of the leaves' results. */
export interface Operation<Result> {
  /** The loop. */
  readonly plan: LoopPlan;
  /** A function of the user that {@linkcode Operation.finish} calls. */
  readonly combine?: AnyFunction;
  /** From the leaves' results, in order, to the operation's; on the calling thread. */
  finish(values: LeafValues, combine: AnyFunction): Result;
}

/** Blocks until the operation is over; this thread does its part. */
export function run<Result>(operation: Operation<Result>): Result {
  const { team } = currentRuntime();
  const values = team.run(operation.plan);
  return operation.finish(values, combineNow(team, operation.combine));
}

/** Leaves the operation to the workers. */
export async function runAsync<Result>(
  operation: Operation<Result>,
): Promise<Result> {
  const { team } = currentRuntime();
  const values = await team.runAsync(operation.plan);
  const combine = operation.combine === undefined
    ? noCombine
    : await team.programs.function(team.numberOf(operation.combine));
  return operation.finish(values, combine);
}

/** Sorts, and blocks until that is done. */
export function sortNow({ plans, finish }: Sorting): void {
  const { team } = currentRuntime();
  for (const plan of plans) team.run(plan);
  finish();
}

/** Leaves the sorting to the workers. */
export async function sortAsync({ plans, finish }: Sorting): Promise<void> {
  const { team } = currentRuntime();
  for (const plan of plans) await team.runAsync(plan);
  finish();
}

function combineNow(
  team: Team,
  combine: AnyFunction | undefined,
): AnyFunction {
  if (combine === undefined) return noCombine;
  return team.programs.functionNow(team.numberOf(combine));
}

function noCombine(): never {
  throw new Error("Cannot happen: the operation combines nothing");
}
