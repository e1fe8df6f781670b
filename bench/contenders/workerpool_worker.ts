/**
 * A worker of workerpool.
 *
 * @module
 */

import workerpool from "workerpool";
import { addOne, busy, echo } from "./tasks.ts";

workerpool.worker({ addOne, echo, busy });
