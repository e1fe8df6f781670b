/**
 * The functions behind task numbers.
 *
 * @module
 */

import { InvalidTaskError } from "../errors.ts";
import { explainCapture } from "./captures.ts";
import type { AnyFunction } from "./function.ts";
import { mayUseLibrary } from "./injected_names.ts";
import { mayLeaveWork } from "./left_work.ts";
import { evaluateFunction } from "./source.ts";
import { importedTask, importTask, loadedTask } from "./task.ts";
import type { TaskRecord, TaskTable } from "./task_table.ts";

/** Messages show at most so many characters of the source of a function without a name. */
const MAX_SOURCE_IN_NAME = 60;

/**
 * The functions of loom that self-contained functions can use in addition to the globals of
 * the thread. A worker loads them when the first function may need them.
 */
export interface LibraryFunctions {
  /** The functions by name; undefined until they are loaded. */
  readonly globals: Readonly<Record<string, unknown>> | undefined;
  /** Loads them. Does nothing when they are loaded. */
  load(): Promise<unknown>;
}

/** The functions that one thread has evaluated or imported, by task number. */
export class Functions {
  /** The tasks of the runtime. */
  readonly table: TaskTable;
  readonly #library: LibraryFunctions;
  /** Loaded functions that leave no work behind. */
  readonly #plain: (AnyFunction | undefined)[] = [];
  /** All other loaded functions. */
  readonly #others: (AnyFunction | undefined)[] = [];
  readonly #imports = new Map<number, Promise<AnyFunction>>();
  readonly #records = new Map<number, TaskRecord>();

  /**
   * @param table The tasks of the runtime.
   * @param library The functions of loom that the functions can use.
   */
  constructor(table: TaskTable, library: LibraryFunctions) {
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

  /**
   * Evaluates a self-contained function at once, unless it may need the library and that is
   * not loaded; imports a module task.
   */
  load(task: number): AnyFunction | Promise<AnyFunction> {
    const loaded = this.loaded(task);
    if (loaded !== undefined) return loaded;
    const record = this.#record(task);
    const fn = this.#loadNow(record, task);
    if (fn !== undefined) return this.#keep(task, record, fn);
    let importing = this.#imports.get(task);
    if (importing === undefined) {
      importing = this.#loadLater(record, task)
        .then((fn) => this.#keep(task, record, fn))
        // The next call tries again, unless the JavaScript runtime keeps the failure.
        .finally(() => this.#imports.delete(task));
      this.#imports.set(task, importing);
    }
    return importing;
  }

  #loadNow(record: TaskRecord, task: number): AnyFunction | undefined {
    if (record.kind === "module") return importedTask(record);
    const { globals } = this.#library;
    if (globals === undefined && mayUseLibrary(record.source)) return undefined;
    return this.#evaluate(record.source, task);
  }

  async #loadLater(record: TaskRecord, task: number): Promise<AnyFunction> {
    // Before a module: it may ask for the current runtime while it is imported.
    await this.#library.load();
    return record.kind === "module"
      ? await importTask(record)
      : this.#evaluate(record.source, task);
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
    return evaluateFunction(source, this.#library.globals ?? {}, String(task));
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
