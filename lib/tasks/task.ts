/**
 * Module tasks: functions that workers import, instead of getting their source.
 *
 * @module
 */

import { InvalidTaskError } from "../errors.ts";
import type { AnyFunction } from "./function.ts";

/** Where a worker finds a function. */
export interface TaskAddress {
  /** Address of the module. */
  readonly url: string;
  /** Name of the declared task or, when none has it, of the export. */
  readonly name: string;
}

/** A function that workers import. Called directly, it runs on the calling thread. */
export type Task<Args extends unknown[], Result> = (...args: Args) => Result;

const addresses = new WeakMap<AnyFunction, TaskAddress>();
/** Tasks that modules of this thread have declared, by address and name. */
const declared = new Map<string, AnyFunction>();
/** Functions that this thread has imported for tasks, by address and name. */
const imported = new Map<string, AnyFunction>();
/** How many tasks without a name each module has declared. */
const namelessCounts = new Map<string, number>();

/**
 * Declares a function as a task of its module: `import.meta.url`, then the function. It may
 * use everything the module imports or defines; workers import the module once, and its
 * top level must not start a runtime.
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
 * Makes a task of the function that another module exports under `exportName`. Give its
 * type for typed arguments; the module is not imported on this thread unless the task is
 * called directly.
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
// deno-lint-ignore no-explicit-any -- stands for every function
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
      `Cannot declare task ${name}: ${moduleUrl} has declared another one of that name`,
    );
  }
  // A function of our own, so that the same `what` can also be sent by its source.
  const self: AnyFunction = (...args) => what(...args);
  Object.defineProperty(self, "name", { value: name });
  addresses.set(self, { url: moduleUrl, name });
  declared.set(key, what);
  return self;
}

/** Where workers find `fn`; undefined for a function that is not a task. */
export function taskAddress(fn: AnyFunction): TaskAddress | undefined {
  return addresses.get(fn);
}

/** The function of a task whose module this thread has imported for a task before. */
export function importedTask(address: TaskAddress): AnyFunction | undefined {
  return imported.get(keyOf(address));
}

/**
 * The function of a task that this thread has declared or imported. Its module may still be
 * at its top level.
 */
export function loadedTask(address: TaskAddress): AnyFunction | undefined {
  return importedTask(address) ?? declared.get(keyOf(address));
}

/** The module of `fn`, which declared it, is there: calls need not import it. */
export function markImported(fn: AnyFunction): void {
  const key = keyOf(addresses.get(fn)!);
  imported.set(key, declared.get(key)!);
}

/** Imports a task's module and returns its function. */
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
    `Cannot declare task: the first argument must be the address of a module, such as ` +
      `import.meta.url, got ${
        typeof moduleUrl === "string"
          ? JSON.stringify(moduleUrl)
          : typeof moduleUrl
      }`,
  );
}
