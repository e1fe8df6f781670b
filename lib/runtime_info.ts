/**
 * What a runtime says about itself.
 *
 * @module
 */

import { cpusOfThread } from "./affinity/pin.ts";
import type { ExplainedSetting } from "./config/merge.ts";
import type { LoomConfig } from "./config/schema.ts";
import type { ObserverAddresses, ThreadInfo } from "./handles.ts";
import { describeThreads, type RuntimeFacts } from "./runtime_facts.ts";

/** The configuration of a runtime, its threads and their CPUs. */
export class RuntimeInfo {
  readonly #facts: RuntimeFacts;
  readonly #threadId: (thread: number) => number;
  #observer: ObserverAddresses = {};

  /**
   * For {@linkcode LoomRuntime} only.
   *
   * @internal
   */
  constructor(facts: RuntimeFacts, threadId: (thread: number) => number) {
    this.#facts = facts;
    this.#threadId = threadId;
  }

  /** The configuration, with the chosen numbers of threads. */
  get config(): LoomConfig {
    return this.#facts.config;
  }

  /**
   * Returns each setting with its value, where the value came from, and what it replaced.
   * {@linkcode formatExplain} formats the result as a table.
   */
  explain(): ExplainedSetting[] {
    return [...this.#facts.settings];
  }

  /**
   * CPUs of the event loops, by thread number. The first is the main thread's, which may be
   * left unpinned: see {@linkcode RuntimeInfo.threads}.
   */
  get asyncCpus(): readonly number[] {
    return this.#facts.asyncCpus;
  }

  /** CPUs of the compute workers, by thread number. */
  get computeCpus(): readonly number[] {
    return this.#facts.computeCpus;
  }

  /** CPUs that the runtime may use, after `cpuset`, `cudaDevice` and `coreKind`. */
  get effectiveCpuset(): readonly number[] {
    return this.#facts.effectiveCpuset;
  }

  /** Number of event loops, the main one included. */
  get asyncThreads(): number {
    return this.#facts.config.asyncThreads;
  }

  /** Number of compute workers. */
  get computeThreads(): number {
    return this.#facts.config.computeThreads;
  }

  /**
   * Lists the hosts of the cluster to which this runtime sends calls, for tools; undefined
   * without one.
   *
   * @internal
   */
  listHosts: (() => Promise<readonly unknown[]>) | undefined;

  /** Where tools reach it: empty unless {@linkcode LoomBuilder.observe} says so. */
  get observer(): ObserverAddresses {
    return this.#observer;
  }

  /**
   * Tools reach this runtime there.
   *
   * @internal
   */
  setObserver(addresses: ObserverAddresses): void {
    this.#observer = addresses;
  }

  /** All threads of the runtime, the main one first. */
  threads(): ThreadInfo[] {
    return this.#facts.threads.map(({ thread, ...info }) => {
      const threadId = this.#threadId(thread);
      return { ...info, threadId, allowedCpus: cpusOfThread(threadId) };
    });
  }

  /** Prefix, threads and CPUs in one line. */
  toString(): string {
    return `LoomRuntime ${describeThreads(this.#facts)}`;
  }
}
