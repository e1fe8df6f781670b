/**
 * What a pool is made of, and what it reports.
 *
 * @module
 */

import type { Reservation } from "../affinity/reservation.ts";
import type { ShutdownOptions } from "../lifecycle.ts";
import type { WorkerHooks } from "./hooks.ts";
import type { WorkerThread } from "./worker_thread.ts";

/** How long threads spin before they sleep, in microseconds. */
export interface SpinWindows {
  /** An idle worker. */
  readonly workerUs: number;
  /** A caller that waits. */
  readonly callerUs: number;
  /** Whether the threads that spin may occupy all CPUs. */
  readonly fillsCpus: boolean;
}

/** What the pool reports to its runtime. */
export interface PoolEvents {
  /** A worker requests a shutdown, or the pool cannot go on. */
  shutdownRequested(options: ShutdownOptions): void;
  /** A shutdown has waited for tracked work for so long. */
  waitsLong(waitedMs: number): void;
}

/** What was made for a pool before it. */
export interface PoolParts {
  /** The CPUs of the threads, to be given back at the end. */
  readonly reservation?: Reservation | undefined;
  /** The first compute worker; see {@linkcode startWorker}. */
  readonly firstWorker?: WorkerThread;
  /** What runs on each compute worker when it starts and ends. */
  readonly hooks?: WorkerHooks;
}
