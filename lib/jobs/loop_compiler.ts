/**
 * From the description of a parallel loop to a function that runs it.
 *
 * @module
 */

import type { AnyFunction } from "../tasks/function.ts";
import type { Functions } from "../tasks/functions.ts";
import type { TaskNumbers } from "../tasks/numbers.ts";
import { evaluateFunction } from "../tasks/source.ts";
import { refusePromise } from "./promises.ts";
import type {
  CompiledLoop,
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
  readonly #compiled = new Map<string, CompiledLoop>();

  constructor(numbers: TaskNumbers, functions: Functions) {
    this.#numbers = numbers;
    this.#functions = functions;
  }

  /** Adds the text and the functions of a loop to the task table. */
  register(plan: LoopPlan): LoopSpec {
    let text = this.#textNumbers.get(plan.text);
    if (text === undefined) {
      text = this.#functions.table.addLoop(plan.text);
      this.#textNumbers.set(plan.text, text);
    }
    return {
      text,
      functions: plan.functions.map((fn) => this.#numbers.of(fn, "map")),
      data: plan.data,
      length: plan.length,
      stopsAtResult: plan.stopsAtResult,
    };
  }

  /** The compiled loop; a promise while a module of its functions is being imported. */
  compile(spec: LoopSpec): CompiledLoop | Promise<CompiledLoop> {
    const key = keyOf(spec);
    const compiled = this.#compiled.get(key);
    if (compiled !== undefined) return compiled;
    const functions = spec.functions.map((task) => this.#functions.copy(task));
    if (!functions.some((fn) => fn instanceof Promise)) {
      return this.#evaluate(key, spec, functions as AnyFunction[]);
    }
    return Promise.all(functions).then((loaded) =>
      this.#evaluate(key, spec, loaded)
    );
  }

  /**
   * Like {@linkcode LoopCompiler.compile}, without importing anything.
   *
   * @throws {InvalidTaskError} If the module of a function is not imported here.
   */
  compileNow(spec: LoopSpec): CompiledLoop {
    const key = keyOf(spec);
    const compiled = this.#compiled.get(key);
    if (compiled !== undefined) return compiled;
    const functions = spec.functions.map((task) =>
      this.#functions.copyNow(task)
    );
    return this.#evaluate(key, spec, functions);
  }

  /** The error to report when a function of the loop threw `error`. */
  explain(spec: LoopSpec, error: unknown): unknown {
    for (const task of spec.functions) {
      const explained = this.#functions.explain(task, error, "map");
      if (explained !== error) return explained;
    }
    return error;
  }

  #evaluate(
    key: string,
    spec: LoopSpec,
    functions: readonly AnyFunction[],
  ): CompiledLoop {
    const record = this.#functions.table.read(spec.text);
    if (record.kind !== "source") {
      throw new TypeError(
        `Cannot compile loop: task ${spec.text} is the address of a module, not a text`,
      );
    }
    // The key in its name keeps it apart from the same text with other functions.
    const factory = evaluateFunction(
      record.source,
      { refusePromise },
      `loop:${key}`,
    );
    const loop = {
      run: factory(...functions) as RunLeaf,
      itemMs: Infinity,
      waiting: this.#waitingIn(spec),
    };
    this.#compiled.set(key, loop);
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

function keyOf({ text, functions }: LoopSpec): string {
  return `${text}:${functions.join()}`;
}
