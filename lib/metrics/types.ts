/**
 * Types of what a runtime has counted.
 *
 * @module
 */

import type { AdaptiveReason } from "../adaptive/settings.ts";
import type { ThreadRole } from "../placement/names.ts";
import type { TimeHistogram } from "./time_histogram.ts";

/** What one thread has counted since the runtime started, its replacements included. */
export interface ThreadMetrics {
  /** Its name, such as `myapp-compute-0000`. */
  readonly name: string;
  /** Event loop or compute worker. */
  readonly role: ThreadRole;
  /** The CPU that it is to be pinned to; null when it is not pinned. */
  readonly cpu: number | null;
  /** The thread's id in the kernel; 0 where it is unknown. */
  readonly threadId: number;
  /** What the worker does: see {@linkcode WorkerStats}; the main thread counts as busy. */
  readonly state: "busy" | "searching" | "asleep";
  /** Number of calls that it has begun and not ended. */
  readonly running: number;
  /** How often it has run functions: calls, and items of calls that have several. */
  readonly runs: number;
  /** How many of these runs threw. */
  readonly failed: number;
  /** Calls that it took although their callers had cancelled them, or cancelled meanwhile. */
  readonly dropped: number;
  /** Milliseconds in which it ran calls, to about a microsecond for each pause between them. */
  readonly busyMs: number;
  /** How often it has parked because it had nothing to do. */
  readonly parks: number;
  /** How often another thread has woken it. */
  readonly wakes: number;
  /** How often it has searched for a call, which it does for some microseconds before it parks. */
  readonly searches: number;
  /** How often it has joined a parallel loop of another thread, and taken leaves of it. */
  readonly joins: number;
  /** How many of its workers were lost and replaced. */
  readonly lost: number;
  /** How many were replaced as planned. */
  readonly recycled: number;
  /** Calls that it has made and that have ended, whatever their outcome. */
  readonly settledCalls: number;
  /** How many of these it has cancelled, or whose time was over. */
  readonly cancelledCalls: number;
  /** How many of these were lost with their worker. */
  readonly lostCalls: number;
  /** Bytes that it has copied into shared memory, as arguments and as results. */
  readonly sentBytes: number;
  /** Bytes of the SharedArrayBuffers in what it has sent, each time it was sent. */
  readonly sharedBytes: number;
}

/** What all threads have run of the functions of one name. */
export interface TaskMetrics {
  /** The name of the function, or the beginning of its source. */
  readonly name: string;
  /** How often it was run. */
  readonly runs: number;
  /** How often it threw. */
  readonly failed: number;
  /** Milliseconds of all its runs: estimated from a sample if it is short. */
  readonly totalMs: number;
  /** The mean of its runs. */
  readonly meanMs: number;
  /** The longest of the runs that were timed. */
  readonly maxMs: number;
  /** Where adaptive calls of the calling thread have run it; undefined if it has made none. */
  readonly adaptive?: AdaptiveMetrics;
}

/** Where the adaptive calls of one thread have run a function, and why. */
export interface AdaptiveMetrics {
  /** How many of them have run on that thread itself. */
  readonly inline: number;
  /** How many it has sent to workers. */
  readonly sent: number;
  /** How long the function is expected to run, in microseconds; 0 if nothing is known. */
  readonly expectedUs: number;
  /** Why the last call ran where it did. */
  readonly why: AdaptiveReason;
}

/** The calls of one pool at this moment: see {@linkcode PoolStats}. */
export interface PoolMetrics {
  /** Calls that no worker has begun. */
  readonly queued: number;
  /** Calls that workers run. */
  readonly running: number;
}

/**
 * What a runtime has counted since it started.
 *
 * Counts are exact. Of the times, those of functions that run for 20 µs or longer are exact,
 * too; of shorter ones one call in 128 is timed, and stands for as many.
 */
export interface RuntimeMetrics {
  /** When this was read, in milliseconds since the main thread has started. */
  readonly timeMs: number;
  /** Calls to compute workers. */
  readonly compute: PoolMetrics;
  /** Calls to event-loop workers. */
  readonly async: PoolMetrics;
  /** Calls of all threads that have a slot, and those of the calling thread that wait for one. */
  readonly inFlight: number;
  /** All threads by index, the main one first. */
  readonly threads: readonly ThreadMetrics[];
  /** All functions that were run, by name. */
  readonly tasks: readonly TaskMetrics[];
  /** How long calls were on their workers; of a call for several items, the part of each. */
  readonly runTime: TimeHistogram;
  /** How long calls waited until a worker took them. */
  readonly queueTime: TimeHistogram;
  /** How long calls took, from the submission until their caller had the outcome. */
  readonly latency: TimeHistogram;
  /** By how much timers of the calling thread were late, since its first snapshot. */
  readonly eventLoopDelay: TimeHistogram;
  /** Bytes of memory for payloads that do not fit a slot. */
  readonly arenaBytes: number;
  /** The part of these that was ever handed out since it was empty last. */
  readonly arenaUsedBytes: number;
}
