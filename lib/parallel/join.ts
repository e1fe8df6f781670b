/**
 * Two calls at once.
 *
 * @module
 */

import type { AnyFunction } from "../tasks/function.ts";
import { Code } from "./code.ts";
import { type Operation, run, runAsync } from "./operation.ts";

/** A function and its arguments. */
export type JoinCall<Args extends unknown[], R> = readonly [
  fn: (...args: Args) => R,
  ...args: Args,
];

/**
 * Runs two functions, the first on the calling thread, the second on a worker if one comes
 * in time, and returns both results. Blocks like a parallel iterator. Throws what the first
 * one throws, else what the second one does. The functions follow the rules of
 * `spawnCompute`, and must be synchronous.
 *
 * @example Usage
 * ```ts
 * import { join, LoomBuilder } from "@loom/runtime";
 *
 * await using runtime = await new LoomBuilder().build();
 * const power = (n: number, k: number) => n ** k;
 * console.log(runtime.install(() => join([power, 2, 10], [power, 3, 4]))); // [1024, 81]
 * ```
 */
export function join<A extends unknown[], R, B extends unknown[], S>(
  first: JoinCall<A, R>,
  second: JoinCall<B, S>,
): [R, S] {
  return run(both<R, S>(first as unknown as Call, second as unknown as Call));
}

/** {@linkcode join} without blocking: both run on workers. */
export async function joinAsync<A extends unknown[], R, B extends unknown[], S>(
  first: JoinCall<A, R>,
  second: JoinCall<B, S>,
): Promise<[R, S]> {
  return await runAsync(
    both<R, S>(first as unknown as Call, second as unknown as Call),
  );
}

type Call = readonly [AnyFunction, ...unknown[]];

/** A loop of two items; boxed results, so that undefined is one as well. */
function both<R, S>(first: Call, second: Call): Operation<[R, S]> {
  const code = new Code();
  const [a, b] = [first, second].map(([fn, ...args]) => code.call(fn, args));
  code.line(`return [from === 0 ? ${a} : ${b}];`);
  return {
    plan: code.plan(2, false),
    finish: (values) =>
      (values as [[R], [S]]).map(([value]) => value) as [R, S],
  };
}
