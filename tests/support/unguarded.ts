/**
 * A guard for what tests run without a worker.
 *
 * @module
 */

import { TaskGuard } from "../../lib/bridge/task_guard.ts";
import { SharedWords } from "../../lib/bridge/words.ts";

/** The guard of a thread that nobody ends. */
export function unguarded(): TaskGuard {
  return new TaskGuard(new SharedWords(new SharedArrayBuffer(4)), 0);
}
