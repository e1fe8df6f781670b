/**
 * What the main thread and a worker tell each other when the worker starts.
 *
 * @module
 */

import type { MessagePort } from "node:worker_threads";
import type { BridgeMemory } from "./bridge/memory.ts";
import type { PoolKind } from "./bridge/layout.ts";
import type { ExplainedSetting } from "./config/merge.ts";
import type { LoomConfig } from "./config/schema.ts";
import type { PinOutcome } from "./placement/pin.ts";
import type { ThreadRole } from "./placement/names.ts";

/** One thread of a runtime as it was planned. */
export interface ThreadPlan {
  /** Index of the thread; the main one is 0. */
  readonly thread: number;
  /** Event loop or compute worker. */
  readonly role: ThreadRole;
  /** Full name, such as `myapp-compute-0000`. */
  readonly name: string;
  /** The same in at most 15 bytes, as the kernel keeps it. */
  readonly kernelName: string;
  /** The CPU it belongs on; null when threads are not pinned. */
  readonly cpu: number | null;
}

/** What all threads of a runtime know of it. */
export interface RuntimeFacts {
  /** The configuration with every number filled in. */
  readonly config: LoomConfig;
  /** Where each of its values came from. */
  readonly settings: readonly ExplainedSetting[];
  /** CPUs of the event loops, in order of their numbers. */
  readonly asyncCpus: readonly number[];
  /** CPUs of the compute workers, in order of their numbers. */
  readonly computeCpus: readonly number[];
  /** CPUs that the runtime may use. */
  readonly effectiveCpuset: readonly number[];
  /** NUMA nodes that large shared arrays are spread over; see `placement/memory.ts`. */
  readonly arrayNodes: readonly number[];
  /** All threads by index. */
  readonly threads: readonly ThreadPlan[];
}

/** From the main thread to a new worker. */
export interface WorkerStart {
  /** Memory of the bridge. */
  readonly memory: BridgeMemory;
  /** What the runtime is like. */
  readonly facts: RuntimeFacts;
  /** Index of the new thread. */
  readonly thread: number;
  /** Its serial number. */
  readonly serial: number;
  /** The pool that it serves. */
  readonly pool: PoolKind;
  /** How long it spins before it parks. */
  readonly spinUs: number;
  /** Ports to the other threads, by index. */
  readonly ports: (MessagePort | null)[];
}

/** From a worker to the main thread, once it is ready to serve. */
export interface WorkerReady {
  /** How pinning went; null when it was not asked for. */
  readonly pin: PinOutcome | null;
}

/** From a worker to the main thread: a task asks for a shutdown. */
export const SHUTDOWN = "shutdown";
