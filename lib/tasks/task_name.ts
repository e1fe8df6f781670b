/**
 * Names of tasks for messages.
 *
 * @module
 */

import type { TaskRecord, TaskTable } from "./task_table.ts";

/** Longest part of a nameless function's source that stands for it. */
const MAX_SOURCE = 40;

/** The name of a task, or the beginning of the source of a function that has none. */
export function taskName(record: TaskRecord): string {
  if (record.kind === "module") return record.name;
  const source = plainSource(record.source);
  const name = functionName(source);
  if (name !== undefined) return name;
  const line = source.replace(/\s+/g, " ").trim();
  return line.length > MAX_SOURCE ? `${line.slice(0, MAX_SOURCE)}…` : line;
}

/** The name in the source of a function; undefined if there is none. */
export function functionName(source: string): string | undefined {
  return /^\(?(?:async\s+)?function\s*\*?\s*([\p{ID_Continue}$]+)/u
    .exec(source)?.[1];
}

/** A sent source without what encloses it. Bun writes letters of other alphabets as escapes. */
function plainSource(source: string): string {
  return source.replace(/^\(([^]*)\)$/, "$1").replace(
    /\\u\{([\da-f]{1,5})\}/gi,
    (_, code) => String.fromCodePoint(parseInt(code, 16)),
  );
}

/** The names of tasks with the number of their calls, such as `3 × hash, 1 × resize`. */
export function describeTasks(
  table: TaskTable,
  numbers: readonly number[],
): string {
  const counts = Map.groupBy(numbers, (number) => number);
  return [...counts].map(([number, calls]) =>
    `${calls.length} × ${taskName(table.read(number))}`
  ).join(", ");
}
