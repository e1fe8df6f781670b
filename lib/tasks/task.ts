/**
 * Module tasks: functions that workers import.
 *
 * @module
 */

import { InvalidTaskError } from "../errors.ts";
import type { AnyFunction } from "./function.ts";

/** Where a worker finds the function of a module task. */
export interface TaskAddress {
  /** URL of the module. */
  readonly url: string;
  /** Name of a task that the module declares, or else of an export. */
  readonly name: string;
}

/** A function that workers import. Called directly, it runs on the calling thread. */
export type Task<Args extends unknown[], Result> = (...args: Args) => Result;

const addresses = new WeakMap<AnyFunction, TaskAddress>();
/** Tasks that the modules on this thread have declared, by address and name. */
const declared = new Map<string, AnyFunction>();
/** Functions that this thread has imported for tasks, by address and name. */
const imported = new Map<string, AnyFunction>();
/** Number of tasks without a name that each module has declared. */
const namelessCounts = new Map<string, number>();

/**
 * Declares a function as a task of its module. The function may use everything that the
 * module imports or defines. Each worker imports the module once; the top level of the
 * module must not build a runtime.
 *
 * @param moduleUrl `import.meta.url` of the module that declares the task.
 * @param fn The function. Tasks of one module have different names.
 * @returns The task. Called directly, it runs on the calling thread.
 * @throws {InvalidTaskError} If `moduleUrl` is not a URL, or the module has declared another
 *   task of that name.
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
): Task<Parameters<F>, Promise<Awaited<ReturnType<F>>>>;
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
  const key = keyOf({ url: moduleUrl, name });
  if (declared.has(key)) {
    throw new InvalidTaskError(
      `Cannot declare task ${name}: ${moduleUrl} has declared another task of that name; ` +
        `give one of them another name`,
    );
  }
  // A new function, so that `what` itself can still be sent as source.
  const self: AnyFunction = (...args) => what(...args);
  Object.defineProperty(self, "name", { value: name });
  addresses.set(self, { url: moduleUrl, name });
  declared.set(key, what);
  return self;
}

/** Returns where workers find `fn`; undefined if it is not a module task. */
export function taskAddress(fn: AnyFunction): TaskAddress | undefined {
  return addresses.get(fn);
}

/** Returns the function of a task if this thread has imported it with {@linkcode importTask}. */
export function importedTask(address: TaskAddress): AnyFunction | undefined {
  return imported.get(keyOf(address));
}

/**
 * Returns the function of a task if this thread has declared or imported it. The top level
 * of its module may still be running.
 */
export function loadedTask(address: TaskAddress): AnyFunction | undefined {
  return importedTask(address) ?? declared.get(keyOf(address));
}

/** Marks the module of `fn` as imported on this thread, so that calls do not import it. */
export function markImported(fn: AnyFunction): void {
  const key = keyOf(addresses.get(fn)!);
  imported.set(key, declared.get(key)!);
}

/**
 * Imports the module of a task and returns the function.
 *
 * @throws {InvalidTaskError} If the module has no such function.
 */
export async function importTask(address: TaskAddress): Promise<AnyFunction> {
  const exports: Record<string, unknown> = await import(address.url);
  const key = keyOf(address);
  const fn = declared.get(key) ?? exports[address.name];
  if (typeof fn === "function") {
    imported.set(key, fn as AnyFunction);
    return fn as AnyFunction;
  }
  throw new InvalidTaskError(
    `Cannot load task ${address.name}: ${address.url} neither declares nor exports a ` +
      `function of that name; it has ${
        Object.keys(exports).join(", ") || "no exports"
      }`,
  );
}

function keyOf(address: TaskAddress): string {
  return `${address.url}\0${address.name}`;
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
