/**
 * Generates the source text of one fused loop.
 *
 * @module
 */

import type { LoopCode } from "../jobs/loop.ts";

/**
 * Generates the body of a loop. The text depends only on the kinds of stages: functions and
 * values are its parameters, in the order in which they get their names here. So loops of the
 * same shape share one text and are compiled once.
 */
export class Code {
  readonly #lines: string[] = [];
  #functions = 0;
  #data = 0;
  #names = 0;
  #blocks = 0;

  /** The name of the loop's next value. */
  datum(): string {
    return `d${this.#data++}`;
  }

  /** The names of the loop's next values. */
  data(count: number): string[] {
    return numbered(count, () => this.datum());
  }

  /**
   * A call of the next function.
   *
   * @param extras How many of the next values are its last arguments.
   * @param args The names of its first ones.
   */
  call(extras: number, ...args: readonly string[]): string {
    const all = [...args, ...this.data(extras)];
    return `f${this.#functions++}(${all.join(", ")})`;
  }

  /**
   * Emits the same call and a check that its result, whose name it returns, is no promise.
   *
   * @param action Start of the error message.
   */
  result(
    action: string,
    extras: number,
    ...args: readonly string[]
  ): string {
    const result = this.name(this.call(extras, ...args));
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
  loop(stopsAtResult = false): LoopCode {
    const functions = numbered(this.#functions, (i) => `f${i}`).join(", ");
    const data = numbered(this.#data, (i) => `const d${i} = d[${i}];`);
    const text = `((${functions}) => function run(d, from, to) {\n${
      [...data, ...this.#lines].join("\n")
    }\n})`;
    return { text, stopsAtResult };
  }
}

function numbered(count: number, text: (i: number) => string): string[] {
  return Array.from({ length: count }, (_, i) => text(i));
}
