/**
 * The tasks that a host offers.
 *
 * @module
 */

import { InvalidTaskError } from "../errors.ts";
import type { AnyFunction } from "../tasks/function.ts";
import { taskAddress } from "../tasks/task.ts";
import { nameOfTask } from "./subjects.ts";

/** What a module exports: tasks, and what is no task. */
export type TaskModule = Readonly<Record<string, unknown>>;

/**
 * Returns the tasks among the exports of modules, by the names under which callers know
 * them.
 *
 * @throws {InvalidTaskError} If there is none, or two have the same name.
 */
export function offeredTasks(
  modules: TaskModule | readonly TaskModule[],
): ReadonlyMap<string, AnyFunction> {
  const offered = new Map<string, AnyFunction>();
  const list = Array.isArray(modules)
    ? modules as readonly TaskModule[]
    : [modules as TaskModule];
  for (const value of list.flatMap((module) => Object.values(module))) {
    if (typeof value !== "function") continue;
    const fn = value as AnyFunction;
    if (taskAddress(fn) === undefined) continue;
    const name = nameOfTask(fn);
    if ((offered.get(name) ?? fn) !== fn) {
      throw new InvalidTaskError(
        `Cannot serve tasks: two exported tasks have the name ${name}; rename one of the ` +
          "functions",
      );
    }
    offered.set(name, fn);
  }
  if (offered.size > 0) return offered;
  throw new InvalidTaskError(
    "Cannot serve tasks: the module exports none; export functions that are declared with " +
      "task(import.meta.url, …)",
  );
}
