/**
 * The deadlines of one thread, with one timer for all of them.
 *
 * @module
 */

import { type Clock, MACHINE_CLOCK } from "./clock.ts";

/** The longest delay of a timer, in milliseconds. */
const MAX_DELAY_MS = 2 ** 31 - 1;

/** Something that has at most one deadline at a time. */
export interface Timed {
  /** When it is due, by {@linkcode Deadlines.now}. Only {@linkcode Deadlines} writes it. */
  dueMs: number;
  /** Its place in the heap; -1 while it has no deadline. Only {@linkcode Deadlines} writes it. */
  heapIndex: number;
  /** Its deadline has come and is removed. */
  due(nowMs: number): void;
  /** Its deadline is removed, because its thread or its runtime ends. */
  dropped?(): void;
}

/**
 * A binary heap of deadlines. Its timer keeps no process alive: calls in flight do. The timer is
 * set for the first deadline or an earlier time, so that calls which set and remove deadlines
 * one after another rarely touch it.
 */
export class Deadlines {
  readonly #heap: Timed[] = [];
  readonly #run: (fire: () => void) => void;
  readonly #fire = (): void => {
    this.#timerMs = Infinity;
    this.#run(() => this.#look());
  };
  readonly #clock: Clock;
  #cancelTimer: () => void = () => {};
  /** When the timer fires. */
  #timerMs = Infinity;

  /**
   * @param run Runs what is due.
   * @param clock The clock of this thread.
   */
  constructor(
    run: (fire: () => void) => void = (fire) => fire(),
    clock: Clock = MACHINE_CLOCK,
  ) {
    this.#run = run;
    this.#clock = clock;
  }

  /** The time of this thread, in milliseconds. */
  now(): number {
    return this.#clock.now();
  }

  /**
   * A time that all threads of the process agree on, in whole milliseconds, as 32 bits that
   * wrap around. Rounded up, so that no time between two of them seems longer than it is.
   */
  readonly sharedStartMs = (): number =>
    Math.ceil(this.#clock.originMs + this.now()) | 0;

  /** Milliseconds since a {@linkcode Deadlines.sharedStartMs} of any thread. */
  sharedElapsedMs(startMs: number): number {
    return (Math.floor(this.#clock.originMs + this.now()) - startMs) | 0;
  }

  /** Sets the deadline of `timed`, or moves it. */
  set(timed: Timed, dueMs: number): void {
    if (dueMs === Infinity) return this.delete(timed);
    const heap = this.#heap;
    timed.dueMs = dueMs;
    if (timed.heapIndex < 0) timed.heapIndex = heap.push(timed) - 1;
    this.#siftUp(timed);
    this.#siftDown(timed);
    if (dueMs < this.#timerMs) this.#arm(dueMs);
  }

  /** Removes the deadline of `timed`, if it has one. */
  delete(timed: Timed): void {
    const index = timed.heapIndex;
    if (index < 0) return;
    timed.heapIndex = -1;
    const last = this.#heap.pop()!;
    if (last === timed) return;
    this.#place(last, index);
    this.#siftUp(last);
    this.#siftDown(last);
  }

  /** Drops all deadlines. */
  stop(): void {
    for (const timed of this.#heap.splice(0)) {
      timed.heapIndex = -1;
      timed.dropped?.();
    }
    this.#cancelTimer();
    this.#timerMs = Infinity;
  }

  #look(): void {
    const nowMs = this.now();
    while (this.#heap.length !== 0 && this.#heap[0].dueMs <= nowMs) {
      const [timed] = this.#heap;
      this.delete(timed);
      timed.due(nowMs);
    }
    const first = this.#heap[0];
    if (first !== undefined && first.dueMs < this.#timerMs) {
      this.#arm(first.dueMs);
    }
  }

  #arm(dueMs: number): void {
    this.#cancelTimer();
    this.#timerMs = dueMs;
    const delayMs = Math.max(
      1,
      Math.min(Math.ceil(dueMs - this.now()), MAX_DELAY_MS),
    );
    this.#cancelTimer = this.#clock.startTimer(this.#fire, delayMs);
  }

  #siftUp(timed: Timed): void {
    while (timed.heapIndex > 0) {
      const index = timed.heapIndex;
      const parent = this.#heap[(index - 1) >> 1];
      if (parent.dueMs <= timed.dueMs) return;
      this.#place(timed, parent.heapIndex);
      this.#place(parent, index);
    }
  }

  #siftDown(timed: Timed): void {
    const heap = this.#heap;
    while (true) {
      const index = timed.heapIndex;
      const left = 2 * index + 1;
      if (left >= heap.length) return;
      const right = left + 1;
      const isRight = right < heap.length &&
        heap[right].dueMs < heap[left].dueMs;
      const child = heap[isRight ? right : left];
      if (child.dueMs >= timed.dueMs) return;
      this.#place(timed, child.heapIndex);
      this.#place(child, index);
    }
  }

  #place(timed: Timed, index: number): void {
    this.#heap[index] = timed;
    timed.heapIndex = index;
  }
}
