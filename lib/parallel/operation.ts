/**
 * Runs a terminal operation on the current runtime.
 *
 * @module
 */

import { currentRuntime } from "../current.ts";
import type { LoopPlan } from "../jobs/loop.ts";
import type { LeafValues } from "../jobs/collect.ts";
import type { Team } from "../jobs/team.ts";
import type { AnyFunction } from "../tasks/function.ts";
import type { Sorting } from "./sort.ts";

/** A terminal operation: a loop, and how the leaves' results become the operation's. */
export interface Operation<Result> {
  /** The loop. */
  readonly plan: LoopPlan;
  /** A function of the user that {@linkcode Operation.finish} calls. */
  readonly combine?: AnyFunction;
  /** Makes the operation's result of the leaves' results, in order. Runs on the caller. */
  finish(values: LeafValues, combine: AnyFunction): Result;
}

/** Runs an operation and blocks until it ends. The calling thread takes part in the work. */
export function run<Result>(operation: Operation<Result>): Result {
  const { team, observers } = currentRuntime();
  const observed = observers.current;
  if (observed === undefined) return runOn(team, operation);
  return observed.loop([operation.plan], () => runOn(team, operation));
}

function runOn<Result>(team: Team, operation: Operation<Result>): Result {
  const values = team.run(operation.plan);
  return operation.finish(values, combineNow(team, operation.combine));
}

/** Builds an operation and runs it on the workers. An error of `build` rejects, too. */
export async function buildAndRun<Result>(
  build: () => Operation<Result>,
): Promise<Result> {
  return await runAsync(build());
}

/** Runs an operation on the workers. */
export async function runAsync<Result>(
  operation: Operation<Result>,
): Promise<Result> {
  const { team, observers } = currentRuntime();
  const observed = observers.current;
  const runLater = async () => {
    const values = await team.runAsync(operation.plan);
    const combine = operation.combine === undefined
      ? noCombine
      : await team.loadFunction(operation.combine);
    return operation.finish(values, combine);
  };
  return observed === undefined
    ? await runLater()
    : await observed.loop([operation.plan], runLater);
}

/** Sorts and blocks until the array is sorted. The calling thread takes part in the work. */
export function sortNow({ plans, finish }: Sorting): void {
  const { team, observers } = currentRuntime();
  const observed = observers.current;
  const sort = () => {
    for (const plan of plans) team.run(plan);
    finish();
  };
  if (observed === undefined) sort();
  else observed.loop(plans, sort);
}

/** Sorts on the workers. */
export async function sortAsync({ plans, finish }: Sorting): Promise<void> {
  const { team, observers } = currentRuntime();
  const observed = observers.current;
  const sort = async () => {
    for (const plan of plans) await team.runAsync(plan);
    finish();
  };
  await (observed === undefined ? sort() : observed.loop(plans, sort));
}

function combineNow(
  team: Team,
  combine: AnyFunction | undefined,
): AnyFunction {
  if (combine === undefined) return noCombine;
  return team.loadFunctionNow(combine);
}

function noCombine(): never {
  throw new Error(
    "Cannot combine values: the operation has no function for it",
  );
}
