/**
 * What each thread counts while it makes and runs calls, in memory that all threads read.
 *
 * @module
 */

import { HISTOGRAM_FLOATS } from "./histogram.ts";
import { LINE_WORDS } from "./layout.ts";

// The memory is one header line, then a block for each thread, all in float64: a count never
// wraps around, and the engines add to one without a check for overflow. Only the thread itself
// writes its block, so that a count is a plain load, addition and store. ENDED is the exception:
// the main thread writes it, on a line of its own. A worker goes on with the counts of the
// worker that it replaces.
//
// Nothing synchronises with these values. A reader sees each of them whole, as every platform
// stores aligned float64 values at once, but it may see one value newer than another.
//
//   name      written by    meaning
//   COUNTS    the thread    see COUNT_FAILED and the others
//   ENDED     main thread   workers of this index that were lost, and that were recycled
//   RUN       the thread    histogram: how long functions ran, on this thread
//   QUEUED    the thread    histogram: how long its calls waited for a worker
//   LATENCY   the thread    histogram: from the submission of its calls to their outcome
//   TASKS     the thread    for each task TASK_FLOATS: what this thread has run of it

/** Float64 values between two that different threads write. */
const LINE_FLOATS = LINE_WORDS / 2;

// What COUNTS has, by index.

/** Calls that it ran and whose function threw. */
export const COUNT_FAILED = 0;
/** Calls that it took and whose outcome nobody needed any more. */
export const COUNT_DROPPED = 1;
/** Milliseconds in which it ran calls, up to BUSY_SINCE. */
export const COUNT_BUSY_MS = 2;
/** When it began to run calls, by {@linkcode ThreadMetrics.now}; 0 while it has none. */
export const COUNT_BUSY_SINCE = 3;
/** How often it has parked. */
export const COUNT_PARKS = 4;
/** How often another thread has woken it. */
export const COUNT_WAKES = 5;
/** How often it has searched for a call. */
export const COUNT_SEARCHES = 6;
/** How often it has joined a parallel loop of another thread. */
export const COUNT_JOINS = 7;
/** Calls that it made and that have ended, whatever their outcome. */
export const COUNT_SETTLED = 8;
/** Those of them that it has cancelled, or whose time was over. */
export const COUNT_CANCELLED = 9;
/** Those of them that were lost with their worker. */
export const COUNT_LOST = 10;
/** Bytes that it has copied into shared memory: arguments and results. */
export const COUNT_SENT_BYTES = 11;
/** Bytes of the SharedArrayBuffers in what it has sent, each time it was sent. */
export const COUNT_SHARED_BYTES = 12;

// What ENDED has, by index.

/** Workers that ended although nobody had told them to. */
export const ENDED_LOST = 0;
/** Workers that were replaced as planned. */
export const ENDED_RECYCLED = 1;

const ENDED = LINE_FLOATS;
const RUN = 2 * LINE_FLOATS;
const QUEUED = RUN + HISTOGRAM_FLOATS;
const LATENCY = QUEUED + HISTOGRAM_FLOATS;
const TASKS = alignToLine(LATENCY + HISTOGRAM_FLOATS);

/** Tasks that are counted for themselves. The others share the last place. */
export const COUNTED_TASKS = 1024;

/** Float64 values of one task. */
export const TASK_FLOATS: number = LINE_FLOATS / 2;
/** Task: how often it was run. */
export const TASK_RUNS = 0;
/** Task: how often its function threw. */
export const TASK_FAILED = 1;
/** Task: for how many of its runs the time is known, as an estimate from a sample. */
export const TASK_TIMED = 2;
/** Task: milliseconds of these. */
export const TASK_MS = 3;
/** Task: the longest of these. */
export const TASK_MAX_MS = 4;

const BLOCK_FLOATS = TASKS + COUNTED_TASKS * TASK_FLOATS;

/** Header: the time origin of the main thread. */
const HEADER_ORIGIN = 0;

/** The originals: tasks and tests may replace the global ones. */
const now = performance.now.bind(performance);
const { timeOrigin } = performance;

/** The metrics of one thread, as it writes them itself and as others read them. */
export class ThreadMetrics {
  /** What the thread counts, see {@linkcode COUNT_FAILED}. */
  readonly counts: Float64Array<SharedArrayBuffer>;
  /** What the main thread counts of it, see {@linkcode ENDED_LOST}. */
  readonly ended: Float64Array<SharedArrayBuffer>;
  /** See {@linkcode TASK_FLOATS}. */
  readonly tasks: Float64Array<SharedArrayBuffer>;
  /** How long functions ran. */
  readonly run: Float64Array<SharedArrayBuffer>;
  /** How long calls of the thread waited. */
  readonly queued: Float64Array<SharedArrayBuffer>;
  /** How long calls of the thread took. */
  readonly latency: Float64Array<SharedArrayBuffer>;
  /** Added to the time of the calling thread, for a time that all threads agree on. */
  readonly offsetMs: number;

  /** @param buffer What {@linkcode createMetrics} has returned. */
  constructor(buffer: SharedArrayBuffer, thread: number) {
    const first = LINE_FLOATS + thread * BLOCK_FLOATS;
    const at = (offset: number, length: number) =>
      new Float64Array(buffer, (first + offset) * 8, length);
    this.counts = at(0, LINE_FLOATS);
    this.ended = at(ENDED, LINE_FLOATS);
    this.run = at(RUN, HISTOGRAM_FLOATS);
    this.queued = at(QUEUED, HISTOGRAM_FLOATS);
    this.latency = at(LATENCY, HISTOGRAM_FLOATS);
    this.tasks = at(TASKS, COUNTED_TASKS * TASK_FLOATS);
    // A small number: the sum of the time and the origin itself would lose digits.
    this.offsetMs = timeOrigin - new Float64Array(buffer)[HEADER_ORIGIN];
  }

  /** The time in milliseconds since the main thread has started, on any thread. */
  now(): number {
    return now() + this.offsetMs;
  }
}

/** Creates the metrics of `threadCount` threads. Main thread only. */
export function createMetrics(threadCount: number): SharedArrayBuffer {
  const floats = LINE_FLOATS + threadCount * BLOCK_FLOATS;
  const buffer = new SharedArrayBuffer(floats * 8);
  new Float64Array(buffer)[HEADER_ORIGIN] = timeOrigin;
  return buffer;
}

/** The place of a task among those that are counted. */
export function countedTask(task: number): number {
  return task < COUNTED_TASKS ? task : COUNTED_TASKS - 1;
}

function alignToLine(floats: number): number {
  return Math.ceil(floats / LINE_FLOATS) * LINE_FLOATS;
}
