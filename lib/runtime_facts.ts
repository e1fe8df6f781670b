/**
 * What all threads of a runtime know about it.
 *
 * @module
 */

import type { ExplainedSetting } from "./config/merge.ts";
import type { LoomConfig } from "./config/schema.ts";
import { formatCpuset } from "./placement/cpuset.ts";
import type { ThreadRole } from "./placement/names.ts";

/** One planned thread of a runtime. */
export interface ThreadPlan {
  /** Index of the thread; the main one is 0. */
  readonly thread: number;
  /** Event loop or compute worker. */
  readonly role: ThreadRole;
  /** Full name, such as `myapp-compute-0000`. */
  readonly name: string;
  /** The name in at most 15 bytes, as the kernel keeps it. */
  readonly kernelName: string;
  /** The CPU to pin it to; null when threads are not pinned. */
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
  /** Where each value of the configuration came from. */
  readonly settings: readonly ExplainedSetting[];
  /** CPUs of the event loops, by thread number. */
  readonly asyncCpus: readonly number[];
  /** CPUs of the compute workers, by thread number. */
  readonly computeCpus: readonly number[];
  /** CPUs that the process may use. */
  readonly processCpus: readonly number[];
  /** CPUs that the runtime may use. */
  readonly effectiveCpuset: readonly number[];
  /** NUMA nodes to spread large shared arrays over; see `placement/memory.ts`. */
  readonly arrayNodes: readonly number[];
  /** All threads by index. */
  readonly threads: readonly ThreadPlan[];
}

/** Prefix, threads and CPUs in one line. */
export function describeThreads(
  { config, threads }: RuntimeFacts,
): string {
  const on = (ofRole: ThreadRole) => {
    const cpus = threads.filter(({ role }) => role === ofRole)
      .map(({ cpu }) => cpu).filter((cpu) => cpu !== null);
    if (cpus.length === 0) return "";
    return ` on CPU${cpus.length === 1 ? "" : "s"} ${formatCpuset(cpus)}`;
  };
  const loops = `${config.asyncThreads} async${on("async")}`;
  const workers = `${config.computeThreads} compute${on("compute")}`;
  return `${config.prefix}: ${loops}, ${workers}`;
}
