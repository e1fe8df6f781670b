/**
 * What all threads of a runtime know about it.
 *
 * @module
 */

import type { ExplainedSetting } from "./config/merge.ts";
import type { LoomConfig } from "./config/schema.ts";
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

/** A configuration with the numbers of threads that planning chose. */
export interface ChosenConfig extends LoomConfig {
  /** Compute workers. */
  readonly computeThreads: number;
}

/** What all threads of a runtime know about it. */
export interface RuntimeFacts {
  /** The configuration, with the numbers of threads. */
  readonly config: ChosenConfig;
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
