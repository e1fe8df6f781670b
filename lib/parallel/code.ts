/**
 * Generates the source text of one fused loop.
 *
 * @module
 */

import type { LoopPlan } from "../jobs/loop.ts";
import type { AnyFunction } from "../tasks/function.ts";

/**
 * Generates the body of a loop. The text depends only on the kinds of stages: functions and
 * values are its parameters, so loops of the same shape share one text and are compiled once.
 */
export class Code {
  readonly #lines: string[] = [];
  readonly #functions: AnyFunction[] = [];
  readonly #data: unknown[] = [];
  #names = 0;
  #blocks = 0;

  /** Passes `value` to the loop and returns its name there. */
  datum(value: unknown): string {
    return `d${this.#data.push(value) - 1}`;
  }

  /** Passes `fn` to the loop and returns its name there. */
  functionName(fn: AnyFunction): string {
    return `f${this.#functions.push(fn) - 1}`;
  }

  /** A call of a stage's function with `args`, which are names, and then the extra values. */
  call(
    fn: AnyFunction,
    extras: readonly unknown[],
    ...args: readonly string[]
  ): string {
    const all = [...args, ...extras.map((extra) => this.datum(extra))];
    return `${this.functionName(fn)}(${all.join(", ")})`;
  }

  /**
   * Emits the same call and a check that its result, whose name it returns, is no promise.
   *
   * @param action Start of the error message.
   */
  result(
    action: string,
    fn: AnyFunction,
    extras: readonly unknown[],
    ...args: readonly string[]
  ): string {
    const result = this.name(this.call(fn, extras, ...args));
    this.refusePromise(action, result);
    return result;
  }

  /** Emits a check that `value`, a name, is no promise. It costs numbers next to nothing. */
  refusePromise(action: string, value: string): void {
    this.line(
      `if (typeof ${value} === "object") refusePromise(${value}, "${action}");`,
    );
  }

  /** Declares a constant for the expression and returns its name. */
  name(expression: string): string {
    const name = `v${this.#names++}`;
    this.#lines.push(`const ${name} = ${expression};`);
    return name;
  }

  /** Adds a line. */
  line(text: string): void {
    this.#lines.push(text);
  }

  /** Opens a block that {@linkcode Code.closeAll} closes. */
  open(text: string): void {
    this.#lines.push(text);
    this.#blocks++;
  }

  /** Closes all open blocks. */
  closeAll(): void {
    this.#lines.push("}".repeat(this.#blocks));
    this.#blocks = 0;
  }

  /** The finished loop. */
  plan(length: number, stopsAtResult: boolean): LoopPlan {
    const functions = this.#functions.map((_, i) => `f${i}`).join(", ");
    const data = this.#data.map((_, i) => `const d${i} = d[${i}];`).join("\n");
    return {
      text: `((${functions}) => function run(d, from, to) {\n${data}\n${
        this.#lines.join("\n")
      }\n})`,
      functions: this.#functions,
      data: this.#data,
      length,
      stopsAtResult,
    };
  }
}
