/**
 * The messages between the main thread and a worker when the worker starts and ends.
 *
 * @module
 */

import type { MessagePort } from "node:worker_threads";
import type { BridgeMemory } from "./bridge/memory.ts";
import type { PoolKind } from "./bridge/layout.ts";
import type { LongRun } from "./calls/diagnostics.ts";
import type { StuckCall } from "./calls/stuck_call.ts";
import type { ShutdownOptions } from "./lifecycle.ts";
import type { PinOutcome } from "./affinity/pin.ts";
import type { RuntimeFacts } from "./runtime_facts.ts";

/** A call that a worker makes itself when it starts or ends. */
export interface HookCall {
  /** Number of the task. */
  readonly task: number;
  /** Its arguments. */
  readonly args: readonly unknown[];
}

/** From the main thread to a new worker: what it will be. */
export interface WorkerPlan {
  /** The shared memory of the runtime. */
  readonly memory: BridgeMemory;
  /** The table of functions that the runtime can run. */
  readonly tasks: SharedArrayBuffer;
  /** What all threads know about the runtime. */
  readonly facts: RuntimeFacts;
  /** Index of the new thread. */
  readonly thread: number;
  /** The pool that it serves. */
  readonly pool: PoolKind;
  /** How long it spins before it parks, in microseconds. */
  readonly spinUs: number;
  /** The file that records pinned threads; null if threads are not pinned. */
  readonly cpuRecord: number | null;
  /** What the worker runs before it is ready. */
  readonly setup: HookCall | null;
  /** What it runs when it stops. */
  readonly teardown: HookCall | null;
}

/** From the main thread to a worker that has a plan: it takes over its thread index. */
export interface WorkerStart {
  /** Its serial number. */
  readonly serial: number;
  /** Ports to the other threads, by index. */
  readonly ports: (MessagePort | null)[];
}

/** From a worker to the main thread: its setup has run. */
export interface WorkerPrepared {
  readonly prepared: true;
}

/** From a worker to the main thread: it has done so many calls, or grown so large. */
export interface RecycleRequest {
  readonly recycle: true;
}

/** From a worker to the main thread: it is to retire, has no calls and takes none. */
export interface WorkerRetired {
  readonly retired: true;
}

/** From a worker to the main thread, once it is ready to serve. */
export interface WorkerReady {
  /** The outcome of pinning; null when the thread was not to be pinned. */
  readonly pin: PinOutcome | null;
}

/** From an event-loop worker to the main thread: a function has kept it busy. */
export interface LongRunReport {
  readonly longRun: LongRun;
}

/** From a worker to the main thread: a task requests a shutdown. */
export interface ShutdownRequest {
  /** What the task passed to `shutdown()`. */
  readonly shutdown: ShutdownOptions;
}

/** From a worker to the main thread: another worker must be ended, see `Pool.endWorker`. */
export interface EndRequest {
  /** Serial number of the other worker. */
  readonly endWorker: number;
  /** Why: it is ended only if it still runs this call. */
  readonly call?: StuckCall;
}

/** From a worker to the main thread: it runs its teardown, and will then have stopped. */
export interface WorkerStopping {
  readonly stopping: true;
}

/** From a worker to the main thread: it has stopped with the runtime and runs no more calls. */
export interface WorkerStopped {
  readonly stopped: true;
}

/** From a worker to the main thread: an error that nothing caught, which may end the worker. */
export interface UncaughtError {
  /** The error as a message of the codec. */
  readonly uncaught: Uint8Array;
}
