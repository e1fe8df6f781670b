/**
 * Names of tasks in the list of steps.
 *
 * @module
 */

import type { TaskTable } from "../tasks/task_table.ts";

/**
 * The name of a task, or its number if the function has none in its source: compilers write
 * the rest of the source differently for each runtime.
 */
export function nameOfTask(table: TaskTable, number: number): string {
  const record = table.read(number);
  if (record.kind === "module") return record.name;
  const name = /^\((?:async\s+)?function\s*\*?\s*([\w$]+)/.exec(record.source);
  return name?.[1] ?? `task ${number}`;
}
