/**
 * The control block: what all threads of one runtime share beside the lanes.
 *
 * @module
 */

import { IdleSet } from "./idle_set.ts";
import {
  CONTROL_NEWS,
  CONTROL_PHASE,
  controlBytes,
  PHASE_STOPPING,
  poolCounts,
  type PoolKind,
  poolSleepers,
  THREAD_ID,
  THREAD_IDLE,
  THREAD_LANES,
  THREAD_PARK,
  THREAD_SERIAL,
  threadWords,
} from "./layout.ts";
import { Parker } from "./parker.ts";
import { SharedWords, type Words } from "./words.ts";

/** Named access to the control block. */
export class Control {
  /** The memory; hand this to the other threads. */
  readonly buffer: SharedArrayBuffer;
  /** Threads of the runtime, the main one included. */
  readonly threadCount: number;
  /** The parkers of all threads, by thread index. */
  readonly parkers: readonly Parker[];
  readonly #words: Words;

  constructor(buffer: SharedArrayBuffer, threadCount: number) {
    const words = new SharedWords(buffer);
    this.buffer = buffer;
    this.threadCount = threadCount;
    this.#words = words;
    this.parkers = Array.from(
      { length: threadCount },
      (_, thread) =>
        new Parker(words, threadWords(thread, threadCount) + THREAD_PARK),
    );
  }

  /** Makes the memory for `threadCount` threads. */
  static create(threadCount: number): Control {
    return new Control(
      new SharedArrayBuffer(controlBytes(threadCount)),
      threadCount,
    );
  }

  /** The sleeping workers of a pool with `workerCount` workers. */
  idle(pool: PoolKind, workerCount: number): IdleSet {
    return new IdleSet(
      this.#words,
      {
        counts: poolCounts(pool, this.threadCount),
        sleepers: poolSleepers(pool, this.threadCount),
        states: this.parkers.map((_, thread) =>
          threadWords(thread, this.threadCount) + THREAD_IDLE
        ),
      },
      this.parkers,
      workerCount,
    );
  }

  /** Whether workers have to end. */
  get stopping(): boolean {
    return this.#words.load(CONTROL_PHASE) === PHASE_STOPPING;
  }

  /** RUNNING => STOPPING; wakes every thread. */
  stop(): void {
    this.#words.store(CONTROL_PHASE, PHASE_STOPPING);
    this.announce();
    this.unparkAll();
  }

  /** Number of changes announced so far. */
  get news(): number {
    return this.#words.load(CONTROL_NEWS);
  }

  /** Tells every thread that is awake to look into what changed. */
  announce(): void {
    this.#words.add(CONTROL_NEWS, 1);
  }

  /** Wakes every thread that sleeps. */
  unparkAll(): void {
    for (const parker of this.parkers) parker.unpark();
  }

  /** Serial number of the worker alive under this index. */
  serial(thread: number): number {
    return this.#words.load(
      threadWords(thread, this.threadCount) + THREAD_SERIAL,
    );
  }

  /** Main thread only. */
  setSerial(thread: number, serial: number): void {
    this.#words.store(
      threadWords(thread, this.threadCount) + THREAD_SERIAL,
      serial,
    );
  }

  /** The kernel's id of the thread; 0 where it is unknown. */
  threadId(thread: number): number {
    return this.#words.load(threadWords(thread, this.threadCount) + THREAD_ID);
  }

  /** The thread itself only. */
  setThreadId(thread: number, id: number): void {
    this.#words.store(threadWords(thread, this.threadCount) + THREAD_ID, id);
  }

  /** Whether the thread has ever used its lane to this pool. */
  usesLane(thread: number, pool: PoolKind): boolean {
    const used = this.#words.load(
      threadWords(thread, this.threadCount) + THREAD_LANES,
    );
    return (used & (1 << pool)) !== 0;
  }

  /** Tells the pool's workers to look at this thread's lane from now on. */
  useLane(thread: number, pool: PoolKind): void {
    this.#words.or(
      threadWords(thread, this.threadCount) + THREAD_LANES,
      1 << pool,
    );
    this.announce();
  }
}
