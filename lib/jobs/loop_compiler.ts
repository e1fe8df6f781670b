/**
 * What a parallel loop does, as plain data and as a function.
 *
 * @module
 */

import type { TaskRecord, TaskTable } from "../bridge/task_table.ts";
import { InvalidTaskError } from "../errors.ts";
import type { AnyFunction } from "../tasks/function.ts";
import type { TaskNumbers } from "../tasks/numbers.ts";
import { evaluateFunction, explainCapture } from "../tasks/source.ts";
import { importedTask, importTask, loadedTask } from "../tasks/task.ts";

/** One parallel loop, as the operation that starts it describes it. */
export interface LoopPlan {
  /** An expression: from the functions to a {@linkcode RunLeaf}. */
  readonly text: string;
  /** The functions of the stages. */
  readonly functions: readonly AnyFunction[];
  /** All values that the text names: arrays, extra arguments. */
  readonly data: readonly unknown[];
  /** Number of items. */
  readonly length: number;
  /** Whether a leaf that returns something ends the loop. */
  readonly stopsAtResult: boolean;
}

/** The same, as it is sent to helpers. */
export interface Program {
  /** Number of the text. */
  readonly text: number;
  /** Numbers of the functions. */
  readonly functions: readonly number[];
  /** All values that the text names. */
  readonly data: readonly unknown[];
  /** Number of items. */
  readonly length: number;
  /** Whether a leaf that returns something ends the loop. */
  readonly stopsAtResult: boolean;
}

/** Runs the items `from` to `to`, that one left out, and returns what came of them. */
export type RunLeaf = (
  data: readonly unknown[],
  from: number,
  to: number,
) => unknown;

/** A loop that a thread has evaluated. */
export interface CompiledLoop {
  /** Runs a leaf. */
  readonly run: RunLeaf;
  /** How long an item took, in milliseconds; Infinity until the loop was run. */
  itemMs: number;
}

/** The loops that one thread has evaluated. */
export class Programs {
  readonly #table: TaskTable;
  readonly #numbers: TaskNumbers;
  readonly #scope: Readonly<Record<string, unknown>>;
  readonly #textNumbers = new Map<string, number>();
  readonly #ready = new Map<string, CompiledLoop>();
  readonly #records = new Map<number, TaskRecord>();

  /** @param scope Names that self-contained functions find, beside the global ones. */
  constructor(
    table: TaskTable,
    numbers: TaskNumbers,
    scope: Readonly<Record<string, unknown>>,
  ) {
    this.#table = table;
    this.#numbers = numbers;
    this.#scope = scope;
  }

  /** Makes text and functions known to all threads. */
  describe(plan: LoopPlan): Program {
    let text = this.#textNumbers.get(plan.text);
    if (text === undefined) {
      text = this.#table.add({ kind: "source", source: plan.text });
      this.#textNumbers.set(plan.text, text);
    }
    return {
      text,
      functions: plan.functions.map((fn) => this.#numbers.of(fn)),
      data: plan.data,
      length: plan.length,
      stopsAtResult: plan.stopsAtResult,
    };
  }

  /** The loop as a function, or a promise of it while a module is being imported. */
  load(program: Program): CompiledLoop | Promise<CompiledLoop> {
    const key = keyOf(program);
    const ready = this.#ready.get(key);
    if (ready !== undefined) return ready;
    const functions = program.functions.map((number) => this.function(number));
    if (!functions.some((fn) => fn instanceof Promise)) {
      return this.#evaluate(key, program, functions as AnyFunction[]);
    }
    return Promise.all(functions).then((loaded) =>
      this.#evaluate(key, program, loaded)
    );
  }

  /** The loop as a function. Throws when a module would have to be imported first. */
  loadNow(program: Program): CompiledLoop {
    const ready = this.#ready.get(keyOf(program));
    if (ready !== undefined) return ready;
    const functions = program.functions.map((number) =>
      this.functionNow(number)
    );
    return this.#evaluate(keyOf(program), program, functions);
  }

  /** A new copy of a self-contained function; the function of a module task. */
  function(number: number): AnyFunction | Promise<AnyFunction> {
    const record = this.#record(number);
    if (record.kind === "source") return this.#copyOf(record.source, number);
    return importedTask(record) ?? importTask(record);
  }

  /** Like {@linkcode Programs.function}, if nothing has to be imported. */
  functionNow(number: number): AnyFunction {
    const record = this.#record(number);
    if (record.kind === "source") return this.#copyOf(record.source, number);
    const fn = loadedTask(record);
    if (fn !== undefined) return fn;
    throw new InvalidTaskError(
      `Cannot run task ${record.name} on this thread without waiting: ${record.url} was not ` +
        `imported here; import it first, or use the form whose name ends in Async`,
    );
  }

  /** What to report when a function of the program threw `error`. */
  explain(program: Program, error: unknown): unknown {
    for (const number of program.functions) {
      const record = this.#record(number);
      if (record.kind !== "source") continue;
      const explained = explainCapture(error, record.source, "map");
      if (explained !== error) return explained;
    }
    return error;
  }

  /** Copies, so that the loop's compiler sees only what this loop does with them. */
  #copyOf(source: string, number: number): AnyFunction {
    return evaluateFunction(source, this.#scope, String(number));
  }

  #evaluate(
    key: string,
    program: Program,
    functions: readonly AnyFunction[],
  ): CompiledLoop {
    const record = this.#record(program.text);
    if (record.kind !== "source") throw new Error("Cannot happen: no source");
    // The key in its name keeps it apart from the same text over other functions.
    const factory = evaluateFunction(record.source, {}, `loop:${key}`);
    const loop = { run: factory(...functions) as RunLeaf, itemMs: Infinity };
    this.#ready.set(key, loop);
    return loop;
  }

  #record(number: number): TaskRecord {
    let record = this.#records.get(number);
    if (record === undefined) {
      record = this.#table.read(number);
      this.#records.set(number, record);
    }
    return record;
  }
}

function keyOf({ text, functions }: Program): string {
  return `${text}:${functions.join()}`;
}
