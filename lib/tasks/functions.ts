/**
 * The functions behind task numbers.
 *
 * @module
 */

import { InvalidTaskError } from "../errors.ts";
import { explainCapture } from "./capture_messages.ts";
import type { AnyFunction } from "./function.ts";
import { mayUseLibrary } from "./injected_names.ts";
import { mayFindCall, mayLeaveWork, mayRunItems } from "./left_work.ts";
import { evaluateFunction } from "./source.ts";
import { importedTask, importTask, loadedTask } from "./task.ts";
import type { SourceTask, TaskRecord, TaskTable } from "./task_table.ts";

/** Messages show at most so many characters of the source of a function without a name. */
const MAX_SOURCE_IN_NAME = 60;

/** What the code of tasks uses of this library. */
export interface TaskLibrary {
  /**
   * Names that self-contained functions can use in addition to the globals of the thread;
   * undefined until it is loaded.
   */
  readonly globals: Readonly<Record<string, unknown>> | undefined;
  /** Loads it, where it is not there from the start. */
  load?(): Promise<void>;
  /** The function of a call has been imported, and runs next. */
  imported?(): void;
}

/** The functions that one thread has evaluated or imported, by task number. */
export class Functions {
  /** The tasks of the runtime. */
  readonly table: TaskTable;
  readonly #library: TaskLibrary;
  /** Loaded functions that leave no work behind. */
  readonly #plain: (AnyFunction | undefined)[] = [];
  /** All other loaded functions. */
  readonly #others: (AnyFunction | undefined)[] = [];
  readonly #loading = new Map<number, Promise<AnyFunction>>();
  readonly #records = new Map<number, TaskRecord>();

  /**
   * @param table The tasks of the runtime.
   * @param library What the functions use of this library; if it is not loaded, it is for the
   *   first function that may use it.
   */
  constructor(table: TaskTable, library: TaskLibrary) {
    this.table = table;
    this.#library = library;
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
    return mayRunItems(this.record(task));
  }

  /** Whether the function may ask whether its call was cancelled. */
  mayFindCall(task: number): boolean {
    return mayFindCall(this.record(task));
  }

  /**
   * Evaluates a self-contained function, at once unless this library is loaded for it; imports
   * a module task.
   */
  load(task: number): AnyFunction | Promise<AnyFunction> {
    const loaded = this.loaded(task);
    if (loaded !== undefined) return loaded;
    const record = this.record(task);
    const found = record.kind === "module"
      ? importedTask(record)
      : this.#tryEvaluate(record, task);
    if (found !== undefined) return this.#keep(task, record, found);
    let loading = this.#loading.get(task);
    if (loading === undefined) {
      loading = this.#loadLate(record, task)
        .then((fn) => this.#keep(task, record, fn))
        // The next call tries again, unless the JavaScript runtime keeps the failure.
        .finally(() => this.#loading.delete(task));
      this.#loading.set(task, loading);
    }
    return loading;
  }

  /**
   * Like {@linkcode Functions.load}, but evaluates a self-contained function anew. Each
   * parallel loop uses copies of its own, so that the compiler specialises a function for
   * one loop only.
   */
  copy(task: number): AnyFunction | Promise<AnyFunction> {
    const record = this.record(task);
    return record.kind === "source"
      ? this.#tryEvaluate(record, task) ?? this.#loadLate(record, task)
      : this.load(task);
  }

  /**
   * Like {@linkcode Functions.copy}, without importing anything.
   *
   * @throws {InvalidTaskError} If the module of a module task is not imported here.
   */
  copyNow(task: number): AnyFunction {
    const record = this.record(task);
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
    return this.record(task).kind === "module";
  }

  /**
   * The error to report when a task threw `error`: a {@linkcode CapturedVariableError} if
   * the task uses a variable of its enclosing scope, else `error` itself.
   *
   * @param method The method that the function was passed to.
   */
  explain(task: number, error: unknown, method = "spawnCompute"): unknown {
    const record = this.record(task);
    return record.kind === "source"
      ? explainCapture(error, record.source, method)
      : error;
  }

  /** The name of the task for messages, or else the beginning of its source. */
  describe(task: number): string {
    const name = this.loaded(task)?.name;
    if (name) return name;
    const record = this.record(task);
    return record.kind === "module"
      ? record.name
      : record.source.slice(1, MAX_SOURCE_IN_NAME).split("\n")[0];
  }

  #keep(task: number, record: TaskRecord, fn: AnyFunction): AnyFunction {
    const functions = mayLeaveWork(record) ? this.#others : this.#plain;
    return functions[task] = fn;
  }

  /** The function, unless it may use this library, which is not loaded. */
  #tryEvaluate(record: SourceTask, task: number): AnyFunction | undefined {
    return this.#library.globals === undefined && mayUseLibrary(record)
      ? undefined
      : this.#evaluate(record.source, task);
  }

  #evaluate(source: string, task: number): AnyFunction {
    const { globals = {} } = this.#library;
    return evaluateFunction(source, globals, String(task));
  }

  /** Loads the function and, before it, what it may use of this library. */
  async #loadLate(record: TaskRecord, task: number): Promise<AnyFunction> {
    if (this.#library.globals === undefined) await this.#library.load!();
    if (record.kind === "source") return this.#evaluate(record.source, task);
    const fn = await importTask(record);
    this.#library.imported?.();
    return fn;
  }

  /** What the task table has of a task. */
  record(task: number): TaskRecord {
    let record = this.#records.get(task);
    if (record === undefined) {
      record = this.table.read(task);
      this.#records.set(task, record);
    }
    return record;
  }
}
