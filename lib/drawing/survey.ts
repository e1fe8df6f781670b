/**
 * A machine and the threads of a runtime on it: what the drawings show.
 *
 * @module
 */

import type { Machine } from "../../ffi/machine.ts";

/** A thread and its CPU. */
export interface PlannedThread {
  readonly name: string;
  readonly role: "async" | "compute";
  /** Number among the threads of its role. */
  readonly index: number;
  readonly cpu: number;
}

/** The GPU that `cuda_device` selects. */
export interface SelectedGpu {
  /** Index or UUID, as in the configuration. */
  readonly device: number | string;
  /** Address on the PCI bus. */
  readonly busId: string;
}

/** A machine and the threads that a runtime would place on it. */
export interface Survey {
  readonly machine: Machine;
  /** CPUs that the runtime may use. */
  readonly effectiveCpuset: readonly number[];
  /** All threads, with the CPUs that they have if threads are pinned. */
  readonly threads: readonly PlannedThread[];
  /** NUMA nodes over which large arrays are spread; empty if they are not spread. */
  readonly arrayNodes: readonly number[];
  /** The GPU that `cuda_device` selects. */
  readonly gpu?: SelectedGpu;
  /** Remarks and warnings. */
  readonly notes: readonly string[];
}
