/**
 * The functions behind task numbers.
 *
 * @module
 */

import { InvalidTaskError } from "../errors.ts";
import { explainCapture } from "./captures.ts";
import type { AnyFunction } from "./function.ts";
import { mayFindCall, mayLeaveWork, mayRunItems } from "./left_work.ts";
import { mayRunOnOwnThread } from "./own_thread.ts";
import { evaluateFunction } from "./source.ts";
import { importedTask, importTask, loadedTask } from "./task.ts";
import type { TaskRecord, TaskTable } from "./task_table.ts";

/** Messages show at most so many characters of the source of a function without a name. */
const MAX_SOURCE_IN_NAME = 60;

/** The functions that one thread has evaluated or imported, by task number. */
export class Functions {
  /** The tasks of the runtime. */
  readonly table: TaskTable;
  readonly #globals: Readonly<Record<string, unknown>>;
  /** Loaded functions that leave no work behind. */
  readonly #plain: (AnyFunction | undefined)[] = [];
  /** All other loaded functions. */
  readonly #others: (AnyFunction | undefined)[] = [];
  readonly #imports = new Map<number, Promise<AnyFunction>>();
  readonly #records = new Map<number, TaskRecord>();

  /**
   * @param table The tasks of the runtime.
   * @param globals Names that self-contained functions can use in addition to the globals
   *   of the thread.
   */
  constructor(table: TaskTable, globals: Readonly<Record<string, unknown>>) {
    this.table = table;
    this.#globals = globals;
  }

  /**
   * The function, if {@linkcode Functions.load} has loaded it before and it leaves no work
   * behind.
   */
  plain(task: number): AnyFunction | undefined {
    return this.#plain[task];
  }

  /** The function, if {@linkcode Functions.load} has loaded it before. */
  loaded(task: number): AnyFunction | undefined {
    return this.#plain[task] ?? this.#others[task];
  }

  /** Whether one call may run the function on several items in turn. */
  mayRunItems(task: number): boolean {
    return mayRunItems(this.#record(task));
  }

  /** Whether the function may ask whether its call was cancelled. */
  mayFindCall(task: number): boolean {
    return mayFindCall(this.#record(task));
  }

  /** Evaluates a self-contained function at once; imports a module task. */
  load(task: number): AnyFunction | Promise<AnyFunction> {
    const loaded = this.loaded(task);
    if (loaded !== undefined) return loaded;
    const record = this.#record(task);
    if (record.kind === "source") {
      return this.#keep(task, record, this.#evaluate(record.source, task));
    }
    const imported = importedTask(record);
    if (imported !== undefined) return this.#keep(task, record, imported);
    let importing = this.#imports.get(task);
    if (importing === undefined) {
      importing = importTask(record).then((fn) => this.#keep(task, record, fn))
        // The next call tries again, unless the JavaScript runtime keeps the failure.
        .finally(() => this.#imports.delete(task));
      this.#imports.set(task, importing);
    }
    return importing;
  }

  /**
   * Like {@linkcode Functions.load}, but evaluates a self-contained function anew. Each
   * parallel loop uses copies of its own, so that the compiler specialises a function for
   * one loop only.
   */
  copy(task: number): AnyFunction | Promise<AnyFunction> {
    const record = this.#record(task);
    return record.kind === "source"
      ? this.#evaluate(record.source, task)
      : this.load(task);
  }

  /**
   * Like {@linkcode Functions.copy}, without importing anything.
   *
   * @throws {InvalidTaskError} If the module of a module task is not imported here.
   */
  copyNow(task: number): AnyFunction {
    const record = this.#record(task);
    if (record.kind === "source") return this.#evaluate(record.source, task);
    const fn = loadedTask(record);
    if (fn !== undefined) return fn;
    throw new InvalidTaskError(
      `Cannot run task ${record.name} on this thread without waiting: ${record.url} was not ` +
        `imported here; import it first, or use the form whose name ends in Async`,
    );
  }

  /** Whether the function is that of a module task. */
  isModule(task: number): boolean {
    return this.#record(task).kind === "module";
  }

  /**
   * The function, if a call of this thread may run it here in place of a worker. A module task
   * may if its module is imported here and it is not declared as asynchronous.
   */
  onOwnThread(task: number): AnyFunction | undefined {
    const record = this.#record(task);
    if (record.kind === "source") {
      return mayRunOnOwnThread(record)
        ? this.load(task) as AnyFunction
        : undefined;
    }
    try {
      const fn = loadedTask(record);
      return fn === undefined || isAsync(fn) ? undefined : fn;
    } catch {
      // Tasks of the same name: a call that is sent reports it.
      return undefined;
    }
  }

  /**
   * The error to report when a task threw `error`: a {@linkcode CapturedVariableError} if
   * the task uses a variable of its enclosing scope, else `error` itself.
   *
   * @param method The method that the function was passed to.
   */
  explain(task: number, error: unknown, method = "spawnCompute"): unknown {
    const record = this.#record(task);
    return record.kind === "source"
      ? explainCapture(error, record.source, method)
      : error;
  }

  /** The name of the task for messages, or else the beginning of its source. */
  describe(task: number): string {
    const name = this.loaded(task)?.name;
    if (name) return name;
    const record = this.#record(task);
    return record.kind === "module"
      ? record.name
      : record.source.slice(1, MAX_SOURCE_IN_NAME).split("\n")[0];
  }

  #keep(task: number, record: TaskRecord, fn: AnyFunction): AnyFunction {
    const functions = mayLeaveWork(record) ? this.#others : this.#plain;
    return functions[task] = fn;
  }

  #evaluate(source: string, task: number): AnyFunction {
    return evaluateFunction(source, this.#globals, String(task));
  }

  #record(task: number): TaskRecord {
    let record = this.#records.get(task);
    if (record === undefined) {
      record = this.table.read(task);
      this.#records.set(task, record);
    }
    return record;
  }
}

function isAsync(fn: AnyFunction): boolean {
  return Object.prototype.toString.call(fn).startsWith("[object Async");
}
