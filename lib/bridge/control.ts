/**
 * The control block: the state that all threads of one runtime share.
 *
 * @module
 */

import { IdleSet } from "./idle_set.ts";
import {
  CONTROL_NEWS,
  CONTROL_PHASE,
  CONTROL_RECORDING,
  CONTROL_RUNTIME,
  CONTROL_TRACKED,
  controlBytes,
  MAIN_THREAD,
  PHASE_CLOSING,
  PHASE_RUNNING,
  PHASE_STOPPING,
  poolCounts,
  poolFull,
  type PoolKind,
  poolSleepers,
  RING_CLASSES,
  THREAD_BLOCK,
  THREAD_CLOSED,
  THREAD_ID,
  THREAD_IDLE,
  THREAD_LANES,
  THREAD_PARK,
  THREAD_RETIRING,
  THREAD_SERIAL,
  THREAD_SIGNALS,
  THREAD_TASK,
  THREAD_WORK,
  threadWords,
} from "./layout.ts";
import { Parker } from "./parker.ts";
import { TaskGuard } from "./task_guard.ts";
import { TrackedWork } from "./tracked_work.ts";
import { SharedWords, type Words } from "./words.ts";

/** Named access to the control block. */
export class Control {
  /** The memory, to be shared with the other threads. */
  readonly buffer: SharedArrayBuffer;
  /** Number of threads of the runtime, the main thread included. */
  readonly threadCount: number;
  /** The parkers of all threads, by thread index. */
  readonly parkers: readonly Parker[];
  /**
   * The parkers on which threads block in the middle of a task, by thread index. Another one
   * than that of its loop, which may have an asynchronous wait outstanding.
   */
  readonly blockers: readonly Parker[];
  /** Which workers have tracked work in flight. */
  readonly trackedWork: TrackedWork;
  readonly #words: Words;

  constructor(buffer: SharedArrayBuffer, threadCount: number) {
    const words = new SharedWords(buffer);
    this.buffer = buffer;
    this.threadCount = threadCount;
    this.#words = words;
    const parkersOf = (word: number) =>
      Array.from(
        { length: threadCount },
        (_, thread) =>
          new Parker(words, threadWords(thread, threadCount) + word),
      );
    this.parkers = parkersOf(THREAD_PARK);
    this.blockers = parkersOf(THREAD_BLOCK);
    this.trackedWork = new TrackedWork(words, {
      epoch: CONTROL_TRACKED,
      threads: this.parkers.map((_, thread) =>
        threadWords(thread, threadCount) + THREAD_WORK
      ),
    });
  }

  /** Creates the control block for `threadCount` threads. */
  static create(threadCount: number): Control {
    const buffer = new SharedArrayBuffer(controlBytes(threadCount));
    const [runtime] = crypto.getRandomValues(new Int32Array(1));
    new SharedWords(buffer).store(CONTROL_RUNTIME, runtime);
    return new Control(buffer, threadCount);
  }

  /** Distinguishes the runtime from others of the process. */
  get runtime(): number {
    return this.#words.load(CONTROL_RUNTIME);
  }

  /**
   * The idle set of a pool with `workerCount` workers.
   *
   * @param callsLimited Whether full workers take no calls of the calling thread.
   */
  idle(
    pool: PoolKind,
    workerCount: number,
    callsLimited: boolean = false,
  ): IdleSet {
    return new IdleSet(
      this.#words,
      {
        counts: poolCounts(pool, this.threadCount),
        sleepers: poolSleepers(pool, this.threadCount),
        full: poolFull(pool, this.threadCount),
        states: this.parkers.map((_, thread) =>
          threadWords(thread, this.threadCount) + THREAD_IDLE
        ),
      },
      this.parkers,
      workerCount,
      callsLimited,
    );
  }

  /** What decides whether the worker of this index may be ended. */
  guard(thread: number): TaskGuard {
    return new TaskGuard(
      this.#words,
      threadWords(thread, this.threadCount) + THREAD_TASK,
    );
  }

  /** Whether workers must end. */
  get stopping(): boolean {
    return this.#words.load(CONTROL_PHASE) === PHASE_STOPPING;
  }

  /** Whether threads record their calls. */
  get isRecording(): boolean {
    return this.#words.load(CONTROL_RECORDING) === 1;
  }

  /** Has all threads record their calls, or no more. Main thread only. */
  setRecording(isOn: boolean): void {
    this.#words.store(CONTROL_RECORDING, isOn ? 1 : 0);
    this.announce();
  }

  /** RUNNING => CLOSING. */
  close(): void {
    this.#words.compareExchange(CONTROL_PHASE, PHASE_RUNNING, PHASE_CLOSING);
  }

  /** The worker has tracked work in flight from now on. That worker only. */
  beginTrackedWork(thread: number): void {
    this.trackedWork.begin(thread);
  }

  /** The worker has none any more. That worker only, or the main thread after its end. */
  endTrackedWork(thread: number): void {
    this.trackedWork.end(thread);
    // Either this load sees CLOSING, or the main thread looks after it and sees the end.
    if (this.#words.load(CONTROL_PHASE) === PHASE_CLOSING) {
      this.parkers[MAIN_THREAD].unpark();
    }
  }

  /** Any => STOPPING; wakes every thread. */
  stop(): void {
    this.#words.store(CONTROL_PHASE, PHASE_STOPPING);
    this.announce();
    this.unparkAll();
  }

  /** Number of changes announced so far. */
  get news(): number {
    return this.#words.load(CONTROL_NEWS);
  }

  /**
   * {@linkcode Control.news}, or an earlier value of it. For a worker that looks often, and
   * reads `news` before it sleeps: in JavaScriptCore, an atomic load takes the cache line
   * from the other threads, as a store does.
   */
  get recentNews(): number {
    return this.#words.read(CONTROL_NEWS);
  }

  /**
   * Counts one more change. Threads that are awake notice it before their next call or
   * sleep; unpark the threads that must notice it earlier.
   */
  announce(): void {
    this.#words.add(CONTROL_NEWS, 1);
  }

  /** Unparks every thread. */
  unparkAll(): void {
    for (const parker of this.parkers) parker.unpark();
    for (const blocker of this.blockers) blocker.unpark();
  }

  /** How often something that the thread waits for has changed. */
  signals(thread: number): number {
    return this.#words.load(
      threadWords(thread, this.threadCount) + THREAD_SIGNALS,
    );
  }

  /** Something that the thread waits for has changed: counts that, and wakes the thread. */
  signal(thread: number): void {
    const word = threadWords(thread, this.threadCount) + THREAD_SIGNALS;
    this.#words.add(word, 1);
    this.parkers[thread].unpark();
    this.blockers[thread].unpark();
  }

  /** Serial number of the worker that now has this thread index. */
  serial(thread: number): number {
    return this.#words.load(
      threadWords(thread, this.threadCount) + THREAD_SERIAL,
    );
  }

  /** Sets the serial number of a new worker. Main thread only. */
  setSerial(thread: number, serial: number): void {
    this.#words.store(
      threadWords(thread, this.threadCount) + THREAD_SERIAL,
      serial,
    );
  }

  /** Whether the worker with this serial number has closed its ports, because it ends. */
  hasClosedPorts(thread: number, serial: number): boolean {
    const closed = this.#words.load(
      threadWords(thread, this.threadCount) + THREAD_CLOSED,
    );
    // The main thread, with serial number 0, never does before the workers have ended.
    return closed !== 0 && closed === serial;
  }

  /** The ports of a worker are about to close: it exits, or is being ended. */
  setPortsClosed(thread: number, serial: number): void {
    this.#words.store(
      threadWords(thread, this.threadCount) + THREAD_CLOSED,
      serial,
    );
  }

  /** Whether the worker with this serial number is to end when it has no calls. */
  isRetiring(thread: number, serial: number): boolean {
    return this.#words.load(
      threadWords(thread, this.threadCount) + THREAD_RETIRING,
    ) === serial;
  }

  /** Lets a worker end when it has no calls. Main thread only. */
  retire(thread: number): void {
    this.#words.store(
      threadWords(thread, this.threadCount) + THREAD_RETIRING,
      this.serial(thread),
    );
    this.announce();
    this.parkers[thread].unpark();
  }

  /** The kernel's id of the thread; 0 when it is unknown. */
  threadId(thread: number): number {
    return this.#words.load(threadWords(thread, this.threadCount) + THREAD_ID);
  }

  /** Sets the kernel's id of the calling thread. */
  setThreadId(thread: number, id: number): void {
    this.#words.store(threadWords(thread, this.threadCount) + THREAD_ID, id);
  }

  /**
   * Which rings of its lane to this pool the thread has ever used: bit 0 for the normal one,
   * then high, low, and bit 3 for all direct ones.
   */
  ringsInUse(thread: number, pool: PoolKind): number {
    const used = this.#words.load(
      threadWords(thread, this.threadCount) + THREAD_LANES,
    );
    return used >> (pool * RING_CLASSES) & ((1 << RING_CLASSES) - 1);
  }

  /** Announces to the pool's workers that the calling thread uses rings of its lane to them. */
  useRings(thread: number, pool: PoolKind, rings: number): void {
    this.#words.or(
      threadWords(thread, this.threadCount) + THREAD_LANES,
      rings << (pool * RING_CLASSES),
    );
    this.announce();
  }
}
