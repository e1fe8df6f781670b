/**
 * From the numbers in calls to the functions that a worker runs.
 *
 * @module
 */

import type { TaskTable } from "../bridge/task_table.ts";
import type { AnyFunction } from "./function.ts";
import { evaluateFunction, explainCapture } from "./source.ts";
import { importedTask, importTask } from "./task.ts";

/** The functions that one worker has evaluated or imported. */
export class Functions {
  readonly #table: TaskTable;
  readonly #scope: Readonly<Record<string, unknown>>;
  /** By task number; those that are being imported are absent. */
  readonly #ready: (AnyFunction | undefined)[] = [];
  readonly #imports = new Map<number, Promise<AnyFunction>>();
  readonly #expressions = new Map<number, string>();

  /** @param scope Names that self-contained functions find, beside the global ones. */
  constructor(table: TaskTable, scope: Readonly<Record<string, unknown>>) {
    this.#table = table;
    this.#scope = scope;
  }

  /** The function, if it was loaded before. */
  ready(task: number): AnyFunction | undefined {
    return this.#ready[task];
  }

  /** Evaluates a self-contained function at once; imports a module task. */
  load(task: number): AnyFunction | Promise<AnyFunction> {
    const importing = this.#imports.get(task);
    if (importing !== undefined) return importing;
    const record = this.#table.read(task);
    if (record.kind === "source") {
      const fn = evaluateFunction(record.source, this.#scope, String(task));
      this.#expressions.set(task, record.source);
      return this.#ready[task] = fn;
    }
    const known = importedTask(record);
    if (known !== undefined) return this.#ready[task] = known;
    const imported = importTask(record).then((fn) => this.#ready[task] = fn)
      // The next call tries again, as far as the runtime does not remember the failure.
      .finally(() => this.#imports.delete(task));
    this.#imports.set(task, imported);
    return imported;
  }

  /** What to report when the task threw `error`. */
  explain(task: number, error: unknown): unknown {
    const expression = this.#expressions.get(task);
    return expression === undefined ? error : explainCapture(error, expression);
  }
}
