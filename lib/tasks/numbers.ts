/**
 * The task numbers of functions.
 *
 * @module
 */

import { InvalidTaskError } from "../errors.ts";
import type { AnyFunction } from "./function.ts";
import { functionExpression } from "./expression.ts";
import { taskAddress } from "./task.ts";
import type { TaskTable } from "./task_table.ts";

/** Adds functions to the task table, each source or address once per thread. */
export class TaskNumbers {
  readonly #table: TaskTable;
  readonly #byFunction = new WeakMap<AnyFunction, number>();
  readonly #byText = new Map<string, number>();
  // Programs often call one function many times in a row.
  #lastFunction: AnyFunction = noFunctionYet;
  #lastNumber = 0;

  constructor(table: TaskTable) {
    this.#table = table;
  }

  /**
   * Returns the number of `fn`.
   *
   * @param method The method that `fn` was passed to, for errors.
   * @throws {InvalidTaskError} If `fn` cannot be sent, or the table is full.
   * @throws {CapturedVariableError} If `fn` uses a variable of its enclosing scope.
   */
  of(fn: AnyFunction, method = "spawnCompute"): number {
    if (fn === this.#lastFunction) return this.#lastNumber;
    const number = this.#byFunction.get(fn) ?? this.#add(fn, method);
    this.#lastFunction = fn;
    this.#lastNumber = number;
    return number;
  }

  #add(fn: AnyFunction, method: string): number {
    if (typeof fn !== "function") {
      throw new InvalidTaskError(
        `Cannot send task: it must be a function or a task(...), got ${
          fn === null ? "null" : typeof fn
        }`,
      );
    }
    const address = taskAddress(fn);
    // Each closure made by a loop has the same text: it is analysed once.
    const text = address === undefined
      ? Function.prototype.toString.call(fn)
      : JSON.stringify(address);
    let number = this.#byText.get(text);
    if (number === undefined) {
      number = this.#table.add(
        address === undefined
          ? { kind: "source", source: functionExpression(fn, method) }
          : { kind: "module", ...address },
      );
      this.#byText.set(text, number);
    }
    this.#byFunction.set(fn, number);
    return number;
  }
}

/** In place of undefined, which a caller without types may pass to `of()`. */
function noFunctionYet(): void {}
