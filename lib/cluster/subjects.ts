/**
 * The subjects that calls, items and results travel on. All begin with a prefix, so that
 * permissions can be set for each tenant:
 *
 *     PREFIX.call.GROUP.PRIORITY.TASK                             a call
 *     PREFIX.cancel.HOST                                          ends a call on that host
 *     PREFIX.work.GROUP.PRIORITY.TASK.MAP.RUN.FIRST-COUNT         items of a durable map
 *     PREFIX.result.MAP.RUN.FIRST-COUNT                           their results
 *     PREFIX.map.MAP                                              how far a durable map is
 *
 * @module
 */

import { InvalidTaskError } from "../errors.ts";
import { taskAddress } from "../tasks/task.ts";

/** How urgent a call is. */
export type ClusterPriority = "high" | "normal" | "low";

/** The priorities, the most urgent first. */
export const PRIORITIES: readonly ClusterPriority[] = ["high", "normal", "low"];

/** The part of a subject that all subjects of a cluster begin with. */
export const DEFAULT_PREFIX = "loom";
/** The group of a host or a call that names none. */
export const DEFAULT_GROUP = "default";

const TOKEN = /^[\w-]+$/;

/** Successive items of a durable map: those that share a message. */
export interface ItemRange {
  /** Index of the first item. */
  readonly first: number;
  /** Number of items. */
  readonly count: number;
}

/** Where the items of one message belong. */
export interface WorkSubject extends ItemRange {
  readonly task: string;
  readonly map: string;
  readonly run: string;
}

/** Names the subjects of one prefix. */
export class Subjects {
  readonly #prefix: string;

  /** @throws {TypeError} If the prefix cannot be part of a subject. */
  constructor(prefix: string = DEFAULT_PREFIX) {
    for (const part of prefix.split(".")) checkToken("prefix", part);
    this.#prefix = prefix;
  }

  /** The name of a stream or a bucket: `LOOM_WORK`. */
  stream(name: string): string {
    return `${this.#prefix.replaceAll(".", "_").toUpperCase()}_${name}`;
  }

  /** Where calls of a task go; of all priorities if none is given. */
  call(group: string, priority: ClusterPriority | "*", task: string): string {
    return `${this.#prefix}.call.${group}.${priority}.${task}`;
  }

  /** Where a host hears which calls it should end. */
  cancel(host: string): string {
    return `${this.#prefix}.cancel.${host}`;
  }

  /** All subjects of a kind: the subjects of a stream. */
  all(kind: "work" | "result" | "map"): string {
    return `${this.#prefix}.${kind}.>`;
  }

  /** Where the work of a group goes, of one priority. */
  workOf(group: string, priority: ClusterPriority): string {
    return `${this.#prefix}.work.${group}.${priority}.>`;
  }

  /** Where the items of a run go, without the range. */
  runWork(
    group: string,
    priority: ClusterPriority,
    { task, map, run }: Pick<WorkSubject, "task" | "map" | "run">,
  ): string {
    return `${this.#prefix}.work.${group}.${priority}.${task}.${map}.${run}`;
  }

  /** Where items of a map go, whichever group and task; of one run, without the range. */
  mapWork(map: string, run: string): string {
    return `${this.#prefix}.work.*.*.*.${map}.${run}`;
  }

  /** Where the results of a run go, without the range. */
  runResults(map: string, run: string): string {
    return `${this.#prefix}.result.${map}.${run}`;
  }

  /** Where the state of a map is kept. */
  map(map: string): string {
    return `${this.#prefix}.map.${map}`;
  }
}

/** Reads the priority in the subject of a call. */
export function priorityIn(subject: string): ClusterPriority {
  const end = subject.lastIndexOf(".");
  const start = subject.lastIndexOf(".", end - 1) + 1;
  return subject.slice(start, end) as ClusterPriority;
}

/** The last part of a subject: `12-3`. */
export function rangeToken({ first, count }: ItemRange): string {
  return `${first}-${count}`;
}

/** Reads the range at the end of a subject. */
export function rangeIn(subject: string): ItemRange {
  const [first, count] = subject.slice(subject.lastIndexOf(".") + 1).split("-")
    .map(Number);
  return { first, count };
}

/** Reads the subject of a message with items. */
export function workIn(subject: string): WorkSubject {
  const [task, map, run] = subject.split(".").slice(-4);
  return { task, map, run, ...rangeIn(subject) };
}

/**
 * Returns the name under which hosts offer a task.
 *
 * @throws {InvalidTaskError} If hosts cannot offer the function.
 */
// deno-lint-ignore no-explicit-any -- every function is assignable to it
export function nameOfTask(fn: (...args: any[]) => unknown): string {
  const address = typeof fn === "function" ? taskAddress(fn) : undefined;
  if (address === undefined) {
    throw new InvalidTaskError(
      `Cannot use ${
        typeof fn === "function" ? fn.name || "the function" : typeof fn
      } on the cluster: it is not a module task, and hosts run no code that is sent; ` +
        "declare it with task(import.meta.url, …) in a module that hosts serve",
    );
  }
  const { name } = address;
  if (TOKEN.test(name)) return name;
  throw new InvalidTaskError(
    `Cannot use task ${name} on the cluster: its name is part of a subject; give the ` +
      "function a name of ASCII letters, digits, _ and -",
  );
}

/** @throws {TypeError} If `value` cannot be one part of a subject. */
export function checkToken(what: string, value: string): void {
  if (typeof value === "string" && TOKEN.test(value)) return;
  throw new TypeError(
    `Cannot use ${what} ${
      JSON.stringify(value)
    }: it must consist of ASCII letters, ` +
      "digits, _ and -",
  );
}
