/**
 * From the description of a parallel loop to a function that runs it.
 *
 * @module
 */

import type { AnyFunction } from "../tasks/function.ts";
import type { Functions } from "../tasks/functions.ts";
import type { TaskNumbers } from "../tasks/numbers.ts";
import { evaluateFunction } from "../tasks/source.ts";
import { LoopTimes } from "./loop_times.ts";
import { refusePromise } from "./promises.ts";
import type {
  CompiledLoop,
  LoopCode,
  LoopPlan,
  LoopSpec,
  RunLeaf,
  Waiting,
} from "./loop.ts";

/** The loops that one thread has registered or compiled. */
export class LoopCompiler {
  readonly #numbers: TaskNumbers;
  readonly #functions: Functions;
  readonly #textNumbers = new Map<string, number>();
  /** By the number of the text, then by those of the functions. */
  readonly #compiled = new Map<number, Map<number | string, CompiledLoop>>();

  constructor(numbers: TaskNumbers, functions: Functions) {
    this.#numbers = numbers;
    this.#functions = functions;
  }

  /**
   * Adds the text and the functions of a loop to the task table.
   *
   * @param code One of the codes of the plan.
   * @param data The values of the plan, or copies.
   */
  register(
    { functions, length }: Pick<LoopPlan, "functions" | "length">,
    { text, stopsAtResult }: LoopCode,
    data: readonly unknown[],
  ): LoopSpec {
    let number = this.#textNumbers.get(text);
    if (number === undefined) {
      number = this.#functions.table.addLoop(text);
      this.#textNumbers.set(text, number);
    }
    return {
      text: number,
      functions: functions.map((fn) => this.#numbers.of(fn, "map")),
      data,
      length,
      stopsAtResult,
    };
  }

  /** The compiled loop; a promise while a module of its functions is being imported. */
  compile(spec: LoopSpec): CompiledLoop | Promise<CompiledLoop> {
    const compiled = this.#find(spec);
    if (compiled !== undefined) return compiled;
    const functions = spec.functions.map((task) => this.#functions.copy(task));
    if (!functions.some((fn) => fn instanceof Promise)) {
      return this.#evaluate(spec, functions as AnyFunction[]);
    }
    return Promise.all(functions).then((loaded) =>
      this.#evaluate(spec, loaded)
    );
  }

  /**
   * Like {@linkcode LoopCompiler.compile}, without importing anything.
   *
   * @throws {InvalidTaskError} If the module of a function is not imported here.
   */
  compileNow(spec: LoopSpec): CompiledLoop {
    const compiled = this.#find(spec);
    if (compiled !== undefined) return compiled;
    const functions = spec.functions.map((task) =>
      this.#functions.copyNow(task)
    );
    return this.#evaluate(spec, functions);
  }

  /** The error to report when a function of the loop threw `error`. */
  explain(spec: LoopSpec, error: unknown): unknown {
    for (const task of spec.functions) {
      const explained = this.#functions.explain(task, error, "map");
      if (explained !== error) return explained;
    }
    return error;
  }

  #find({ text, functions }: LoopSpec): CompiledLoop | undefined {
    return this.#compiled.get(text)?.get(keyOf(functions));
  }

  #evaluate(
    spec: LoopSpec,
    functions: readonly AnyFunction[],
  ): CompiledLoop {
    const record = this.#functions.table.read(spec.text);
    if (record.kind !== "source") {
      throw new TypeError(
        `Cannot compile loop: task ${spec.text} is the address of a module, not a text`,
      );
    }
    // The functions in its name keep it apart from the same text with others.
    const factory = evaluateFunction(
      record.source,
      { refusePromise },
      `loop:${spec.text}:${spec.functions.join()}`,
    );
    const loop = {
      run: factory(...functions) as RunLeaf,
      times: new LoopTimes(),
      waiting: this.#waitingIn(spec),
    };
    let loops = this.#compiled.get(spec.text);
    if (loops === undefined) {
      loops = new Map();
      this.#compiled.set(spec.text, loops);
    }
    loops.set(keyOf(spec.functions), loop);
    return loop;
  }

  #waitingIn(spec: LoopSpec): Waiting {
    let waiting: Waiting = "no";
    for (const task of spec.functions) {
      if (this.#functions.mayRunItems(task)) continue;
      if (!this.#functions.isModule(task)) return "yes";
      waiting = "perhaps";
    }
    return waiting;
  }
}

/** Most loops have one function at most, whose number needs no text. */
function keyOf(functions: readonly number[]): number | string {
  return functions.length === 1 ? functions[0] : functions.join();
}
