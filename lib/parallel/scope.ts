/**
 * Blocking scopes: calls that end before the function that starts them returns.
 *
 * @module
 */

import type { Cloned } from "../cloned.ts";
import { currentRuntime } from "../current.ts";
import type { LoopPlan } from "../jobs/loop.ts";
import type { StartedLoop } from "../jobs/team.ts";
import type { AnyFunction } from "../tasks/function.ts";
import { Code } from "./code.ts";
import { memoize } from "./shape.ts";
import type { Returned, Synchronous } from "./synchronous.ts";

/** A call started in a scope. */
export interface Spawned<R> {
  /**
   * The call's result, available once the scope has ended. That of a worker is a copy.
   *
   * @throws {Error} If the scope has not ended, or the call failed.
   */
  readonly value: R;
}

/** Starts calls in a blocking scope. */
export interface Scope {
  /**
   * Starts a call of `fn`, which ends before the scope does.
   *
   * @throws {Error} If the scope has ended.
   */
  spawn<Args extends unknown[], R>(
    fn: (...args: Args) => Synchronous<R>,
    ...args: Args
  ): Spawned<Cloned<Returned<R>>>;
}

/**
 * Calls `fn`, which may spawn calls, and blocks until all of them have ended.
 *
 * Workers start on the calls at once. When `fn` returns, the calling thread runs the calls
 * that no worker has taken and waits for the others. Functions of calls follow the rules of
 * `spawnCompute` and must be synchronous.
 *
 * @returns What `fn` returns.
 * @throws What `fn` throws, or else the error of the failed call that was spawned first.
 * Its property `suppressed` holds all further errors.
 *
 * @example Usage
 * ```ts
 * import { LoomBuilder, scope } from "@loom/runtime";
 *
 * await using runtime = await new LoomBuilder().build();
 * const lengths = runtime.install(() => {
 *   let calls: { value: number }[] = [];
 *   scope((s) => {
 *     calls = ["warp", "weft"].map((text) => s.spawn((t: string) => t.length, text));
 *   });
 *   return calls.map((call) => call.value);
 * });
 * console.log(lengths); // [4, 4]
 * ```
 */
export function scope<T>(fn: (scope: Scope) => T): T {
  const { team } = currentRuntime();
  const children: Child[] = [];
  let hasEnded = false;
  const errors: unknown[] = [];
  let value: T | undefined;
  try {
    value = fn({
      spawn<Args extends unknown[], R>(
        fn: (...args: Args) => Synchronous<R>,
        ...args: Args
      ): Spawned<Cloned<Returned<R>>> {
        if (hasEnded) {
          throw new Error("Cannot spawn call: its scope has ended");
        }
        const child = new Child(team.start(callPlan(fn, args)));
        children.push(child);
        return child as Spawned<Cloned<Returned<R>>>;
      },
    });
  } catch (error) {
    errors.push(error);
  }
  for (const child of children) child.end(errors);
  hasEnded = true;
  if (errors.length > 0) throw firstOf(errors);
  return value as T;
}

/** Returns the first error, with the others in its property `suppressed`. */
export function firstOf(errors: readonly unknown[]): unknown {
  const [first, ...others] = errors;
  if (others.length > 0 && first instanceof Error) {
    Object.defineProperty(first, "suppressed", {
      value: others,
      configurable: true,
    });
  }
  return first;
}

class Child implements Spawned<unknown> {
  readonly #loop: StartedLoop;
  #result: { readonly value: unknown } | undefined;

  constructor(loop: StartedLoop) {
    this.#loop = loop;
  }

  get value(): unknown {
    if (this.#result !== undefined) return this.#result.value;
    throw new Error(
      "Cannot read result: its scope has not ended, or it failed",
    );
  }

  end(errors: unknown[]): void {
    try {
      const [[value]] = this.#loop.finish() as [[unknown]];
      this.#result = { value };
    } catch (error) {
      errors.push(error);
    }
  }
}

/** A loop of one item. */
function callPlan(fn: AnyFunction, args: readonly unknown[]): LoopPlan {
  const code = callCode(args.length);
  return { code, whole: code, functions: [fn], data: args, length: 1 };
}

/** By the number of arguments. */
const callCode = memoize((args: number) => {
  const code = new Code();
  code.line(`return [${code.result("Cannot run call of scope", args)}];`);
  return code.loop();
});
