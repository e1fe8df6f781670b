/**
 * Runs two functions in parallel.
 *
 * @module
 */

import type { Cloned } from "../cloned.ts";
import type { AnyFunction } from "../tasks/function.ts";
import { Code } from "./code.ts";
import { type Operation, run, runAsync } from "./operation.ts";
import { memoize } from "./shape.ts";
import type { Returned, Synchronous } from "./synchronous.ts";

/** A function followed by its arguments. */
export type JoinCall<Args extends unknown[], R> = readonly [
  fn: (...args: Args) => Synchronous<R>,
  ...args: Args,
];

/**
 * Runs two functions in parallel and returns both results.
 *
 * The calling thread runs the first function and blocks until both have ended. An idle
 * worker runs the second one; if none takes it in time, the calling thread does. The
 * functions follow the rules of `spawnCompute` and must be synchronous.
 *
 * @param first A function followed by its arguments, such as `[sum, samples]`.
 * @param second Another one.
 * @returns The results, `[first, second]`. Those of a worker are copies.
 * @throws What the first function throws, or else what the second one throws; and
 * {@linkcode NoRuntimeError} if no runtime is current.
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
): [Cloned<Returned<R>>, Cloned<Returned<S>>] {
  return run(
    both<Cloned<Returned<R>>, Cloned<Returned<S>>>(
      first as unknown as Call,
      second as unknown as Call,
    ),
  );
}

/** {@linkcode join} without blocking: workers run both functions. */
export async function joinAsync<A extends unknown[], R, B extends unknown[], S>(
  first: JoinCall<A, R>,
  second: JoinCall<B, S>,
): Promise<[Cloned<Returned<R>>, Cloned<Returned<S>>]> {
  return await runAsync(
    both<Cloned<Returned<R>>, Cloned<Returned<S>>>(
      first as unknown as Call,
      second as unknown as Call,
    ),
  );
}

type Call = readonly [AnyFunction, ...unknown[]];

/** A loop of two items. Results are wrapped in arrays, so that undefined is a result, too. */
function both<R, S>(first: Call, second: Call): Operation<[R, S]> {
  const [f, ...args] = first;
  const [g, ...others] = second;
  return {
    plan: {
      code: bothCode(args.length)(others.length),
      whole: undefined,
      functions: [f, g],
      data: [...args, ...others],
      length: 2,
    },
    finish: (values) =>
      (values as [[R], [S]]).map(([value]) => value) as [R, S],
  };
}

/** By the numbers of arguments. */
const bothCode = memoize((args: number) =>
  memoize((others: number) => {
    const code = new Code();
    const [a, b] = [code.call(args), code.call(others)];
    const result = code.name(`from === 0 ? ${a} : ${b}`);
    code.refusePromise("Cannot join functions", result);
    code.line(`return [${result}];`);
    return code.loop();
  })
);
