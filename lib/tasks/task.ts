/**
 * Module tasks: functions that workers import.
 *
 * @module
 */

import type { Cloned } from "../cloned.ts";
import { InvalidTaskError } from "../errors.ts";
import { threadState } from "../thread_state.ts";
import type { AnyFunction } from "./function.ts";

/** Where a worker finds the function of a module task. */
export interface TaskAddress {
  /** URL of the module. */
  readonly url: string;
  /** Name of a task that the module declares, or else of an export. */
  readonly name: string;
  /** Distinguishes tasks of that name; see {@linkcode DeclaredTask}. */
  readonly mark?: string;
  /** Whether the sender knows several tasks of that name, so that the mark must match. */
  readonly hasNamesakes?: boolean;
}

/**
 * A function that workers import. Called directly, it runs on the calling thread, and its
 * result is not copied.
 */
export type Task<Args extends unknown[], Result> =
  & ((...args: Args) => Result)
  & TaskMark<true>;

/** Distinguishes a task, which `spawnAsync` may run on a worker, from a plain function. */
export interface TaskMark<IsTask> {
  /** Exists in types only. */
  readonly "~task": IsTask;
}

/** A function of which the type `IsTask` shows whether it is a task. */
export type MaybeTask<Args extends unknown[], Result, IsTask> =
  & ((...args: Args) => Result)
  & Partial<TaskMark<IsTask>>;

/** What `spawnAsync` resolves with: a copy if the function is a task. */
export type AsyncResult<Result, IsTask> = IsTask extends true
  ? Cloned<Awaited<Result>>
  : Awaited<Result>;

/** A function that a module has declared as a task. */
interface DeclaredTask {
  readonly fn: AnyFunction;
  /**
   * Distinguishes tasks of one name: the modules in a bundle have one URL. It depends on the
   * source of the function, so that it is the same on each thread although one of them may
   * declare more tasks than another.
   */
  readonly mark: string;
}

/**
 * What a direct call of a task by the name of an export returns: a promise, because the
 * module is imported first. The type remembers the result `R` of the exported function.
 */
export type ImportedResult<R> = Promise<Awaited<R>> & {
  /** Exists in types only. */
  readonly "~result": R;
};

const { addresses, declared, imported, namelessCounts } = threadState(
  "tasks",
  () => ({
    /** Where workers find tasks. */
    addresses: new WeakMap<AnyFunction, TaskAddress>(),
    /** Tasks that the modules on this thread have declared, by address. */
    declared: new Map<string, DeclaredTask[]>(),
    /** Functions that this thread has imported for tasks, by address and mark. */
    imported: new Map<string, AnyFunction>(),
    /** Number of tasks without a name that each module has declared. */
    namelessCounts: new Map<string, number>(),
  }),
);

/**
 * Declares a function as a task of its module. The function may use everything that the
 * module imports or defines. Each worker imports the module once; the top level of the
 * module must not build a runtime.
 *
 * @param moduleUrl `import.meta.url` of the module that declares the task.
 * @param fn The function. Each task of a module needs a name of its own; only in a bundle,
 *   where the modules have one URL, may names repeat.
 * @returns The task. Called directly, it runs on the calling thread.
 * @throws {InvalidTaskError} If `moduleUrl` is not a URL.
 *
 * @example Usage
 * ```ts
 * import { task } from "@loom/runtime";
 * import { createHash } from "node:crypto";
 *
 * export const digest = task(import.meta.url, function digest(text: string): string {
 *   return createHash("sha256").update(text).digest("hex");
 * });
 * // elsewhere: await runtime.spawnCompute(digest, "abc")
 * ```
 */
export function task<Args extends unknown[], Result>(
  moduleUrl: string,
  fn: (...args: Args) => Result,
): Task<Args, Result>;
/**
 * Makes a task of a function that another module exports. This thread imports the module
 * only if the task is called directly.
 *
 * @typeParam F The type of the function, for typed arguments and result.
 * @param moduleUrl URL of the module.
 * @param exportName Name of the export.
 * @returns The task. Called directly, it imports the module and runs on the calling thread.
 * @throws {InvalidTaskError} If `moduleUrl` is not a URL.
 *
 * @example Usage
 * ```ts ignore
 * import { task } from "@loom/runtime";
 *
 * const digest = task<typeof import("./digest.ts").digest>(
 *   new URL("./digest.ts", import.meta.url).href,
 *   "digest",
 * );
 * ```
 */
// deno-lint-ignore no-explicit-any -- every function is assignable to it
export function task<F extends (...args: any[]) => unknown>(
  moduleUrl: string,
  exportName: string,
): Task<Parameters<F>, ImportedResult<ReturnType<F>>>;
export function task(
  moduleUrl: string,
  what: AnyFunction | string,
): AnyFunction {
  checkUrl(moduleUrl);
  if (typeof what === "string") {
    return exportedTask({ url: moduleUrl, name: what });
  }
  if (typeof what !== "function") {
    throw new InvalidTaskError(
      `Cannot declare task: the second argument must be a function or the name of an ` +
        `export, got ${what === null ? "null" : typeof what}`,
    );
  }
  const name = what.name === "" ? nextNamelessName(moduleUrl) : what.name;
  // A new function, so that `what` itself can still be sent as source.
  const self: AnyFunction = (...args) => what(...args);
  Object.defineProperty(self, "name", { value: name });
  const address = { url: moduleUrl, name };
  addresses.set(self, { ...address, mark: declare(address, what) });
  return self;
}

/**
 * A task that every worker has from its start, under the same address in each copy of the
 * library.
 */
export function builtInTask<F extends AnyFunction>(name: string, fn: F): F {
  const self: AnyFunction = (...args) => fn(...args);
  addresses.set(self, { url: "loom:", name });
  return self as F;
}

/** Adds a task to those of its module and returns its mark. */
function declare(address: TaskAddress, fn: AnyFunction): string {
  const key = keyOf(address);
  const others = declared.get(key) ?? [];
  const fingerprint = fingerprintOf(fn);
  const same =
    others.filter(({ mark }) => mark.startsWith(`${fingerprint}.`)).length;
  const mark = `${fingerprint}.${same}`;
  declared.set(key, [...others, { fn, mark }]);
  return mark;
}

/** Returns where workers find `fn`; undefined if it is not a module task. */
export function taskAddress(fn: AnyFunction): TaskAddress | undefined {
  const address = addresses.get(fn);
  if (address?.mark === undefined) return address;
  const hasNamesakes = declared.get(keyOf(address))!.length > 1;
  return { ...address, hasNamesakes };
}

/** Returns the function of a task if this thread has imported it with {@linkcode importTask}. */
export function importedTask(address: TaskAddress): AnyFunction | undefined {
  return imported.get(markedKeyOf(address));
}

/**
 * Returns the function of a task if this thread has declared or imported it. The top level
 * of its module may still be running.
 *
 * @throws {InvalidTaskError} If this thread has declared other tasks of that name.
 */
export function loadedTask(address: TaskAddress): AnyFunction | undefined {
  return importedTask(address) ?? declaredTask(address);
}

/** Makes `fn` the function of a built-in task on this thread, so that calls do not import it. */
export function provideTask(task: AnyFunction, fn: AnyFunction): void {
  imported.set(markedKeyOf(addresses.get(task)!), fn);
}

/**
 * Imports a module that only the running program knows. Evaluated, because registries and
 * bundlers warn of an import that they cannot resolve.
 */
export const importModule: (url: string) => Promise<Record<string, unknown>> =
  new Function("url", "return import(url)") as typeof importModule;

/**
 * Imports the module of a task and returns the function.
 *
 * @throws {InvalidTaskError} If the module has no such function.
 */
export async function importTask(address: TaskAddress): Promise<AnyFunction> {
  const exports = await importModule(address.url);
  const fn = declaredTask(address) ?? exports[address.name];
  if (typeof fn === "function") {
    imported.set(markedKeyOf(address), fn as AnyFunction);
    return fn as AnyFunction;
  }
  throw new InvalidTaskError(
    `Cannot load task ${address.name}: ${address.url} neither declares nor exports a ` +
      `function of that name; it has ${
        Object.keys(exports).join(", ") || "no exports"
      }`,
  );
}

function declaredTask(address: TaskAddress): AnyFunction | undefined {
  const { url, name, mark, hasNamesakes } = address;
  const tasks = declared.get(keyOf(address));
  if (tasks === undefined) return undefined;
  const found = tasks.find((task) => task.mark === mark);
  if (found !== undefined) return found.fn;
  // Its text may differ from thread to thread, as when a test runner has changed it.
  if (tasks.length === 1 && !hasNamesakes) return tasks[0].fn;
  throw new InvalidTaskError(
    `Cannot load task ${name}: several tasks of ${url} have that name, and none of those ` +
      `declared on this thread is the one that was sent; declare tasks at the top level of ` +
      `the module, and give each a name of its own`,
  );
}

function keyOf(address: TaskAddress): string {
  return `${address.url}\0${address.name}`;
}

function markedKeyOf(address: TaskAddress): string {
  return `${keyOf(address)}\0${address.mark ?? ""}`;
}

/** FNV-1a over the source of a function. */
function fingerprintOf(fn: AnyFunction): string {
  const source = Function.prototype.toString.call(fn);
  let hash = 0x811c9dc5;
  for (let i = 0; i < source.length; i++) {
    hash = Math.imul(hash ^ source.charCodeAt(i), 0x01000193);
  }
  return (hash >>> 0).toString(36);
}

function exportedTask(address: TaskAddress): AnyFunction {
  const self: AnyFunction = async (...args) =>
    (await importTask(address))(...args);
  Object.defineProperty(self, "name", { value: address.name });
  addresses.set(self, address);
  return self;
}

function nextNamelessName(moduleUrl: string): string {
  const count = (namelessCounts.get(moduleUrl) ?? 0) + 1;
  namelessCounts.set(moduleUrl, count);
  return `task#${count}`;
}

function checkUrl(moduleUrl: string): void {
  if (typeof moduleUrl === "string" && URL.canParse(moduleUrl)) return;
  throw new InvalidTaskError(
    `Cannot declare task: the first argument must be the URL of a module, such as ` +
      `import.meta.url, got ${
        typeof moduleUrl === "string"
          ? JSON.stringify(moduleUrl)
          : typeof moduleUrl
      }`,
  );
}
