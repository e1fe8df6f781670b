/**
 * A worker of comlink.
 *
 * @module
 */

import { expose } from "comlink";
import * as tasks from "./tasks.ts";

/** The functions that it offers. */
export type Tasks = typeof tasks;

expose({ ...tasks });
