/**
 * Writes the text of one fused loop.
 *
 * @module
 */

import type { LoopPlan } from "../jobs/program.ts";
import type { AnyFunction } from "../tasks/function.ts";

/**
 * The body of a loop while it is being written. Text depends on the shape of the loop
 * only: functions and values are parameters of it, so that one text serves them all.
 */
export class Code {
  readonly #lines: string[] = [];
  readonly #functions: AnyFunction[] = [];
  readonly #data: unknown[] = [];
  #names = 0;
  #blocks = 0;

  /** The name of a value that is passed to the loop. */
  datum(value: unknown): string {
    return `d${this.#data.push(value) - 1}`;
  }

  /** The name of a function that is passed to the loop. */
  functionName(fn: AnyFunction): string {
    return `f${this.#functions.push(fn) - 1}`;
  }

  /** A call of a stage's function: first `args`, which are names, then the extra values. */
  call(
    fn: AnyFunction,
    extras: readonly unknown[],
    ...args: readonly string[]
  ): string {
    const all = [...args, ...extras.map((extra) => this.datum(extra))];
    return `${this.functionName(fn)}(${all.join(", ")})`;
  }

  /** A new name that stands for the expression from here on. */
  name(expression: string): string {
    const name = `v${this.#names++}`;
    this.#lines.push(`const ${name} = ${expression};`);
    return name;
  }

  /** Adds a line. */
  line(text: string): void {
    this.#lines.push(text);
  }

  /** Opens a block that ends with the loop's body. */
  open(text: string): void {
    this.#lines.push(text);
    this.#blocks++;
  }

  /** Ends the blocks that are open. */
  closeAll(): void {
    this.#lines.push("}".repeat(this.#blocks));
    this.#blocks = 0;
  }

  /** The loop as it can be run. */
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
