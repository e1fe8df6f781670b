/**
 * A worker of poolifier.
 *
 * @module
 */

import { ThreadWorker } from "poolifier";
import { addOne, busy, echo } from "./tasks.ts";

// Its types let every argument be missing.
const tasks: object = { addOne, echo, busy };

/** Serves the pool that started it. */
export default new ThreadWorker(tasks as Record<string, never>);
