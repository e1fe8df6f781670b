/**
 * The words of a shared object, which one thread at a time reads and writes.
 *
 * @module
 */

import type { Words } from "../bridge/words.ts";
import { Guard } from "./guard.ts";
import type { Host } from "./host.ts";
import { HOLD_COUNT, HOLD_SERIAL, holdWord } from "./layout.ts";
import { type IsOpen, Line, type LineOwner, type Operation } from "./line.ts";

/** Frames of the deepest step inside a guard, and some more. */
const STEP_FRAMES = 24;

/** What a class of objects does when threads end. Inside the guard. */
export interface MonitorRules {
  /** For each line, when its first thread can go on. */
  readonly lines: readonly IsOpen[];
  /** A thread ended that held so much. */
  lostHolder(count: number): void;
}

/** A shared object as one thread sees it. */
export class Monitor implements LineOwner {
  readonly words: Words;
  readonly host: Host;
  readonly lines: readonly Line[];
  readonly #rules: MonitorRules;
  readonly #guard: Guard;
  readonly #signals: number[] = [];
  #news = -1;

  /** @param guardTries See {@linkcode Guard}. */
  constructor(
    words: Words,
    host: Host,
    rules: MonitorRules,
    guardTries?: number,
  ) {
    this.words = words;
    this.host = host;
    this.#rules = rules;
    this.#guard = new Guard(words, guardTries);
    this.lines = rules.lines.map((isOpen, index) =>
      new Line(this, index, isOpen)
    );
  }

  /** Runs a step that no other thread interrupts, then wakes the threads that can go on. */
  run<T>(step: () => T): T {
    this.#enter();
    try {
      return step();
    } finally {
      this.#leave();
    }
  }

  #enter(): void {
    // No step may end in its middle, for want of stack.
    requireStack(STEP_FRAMES);
    this.#guard.enter();
    const { news } = this.host;
    if (news === this.#news) return;
    this.#news = news;
    this.#recover();
  }

  #leave(): void {
    for (const line of this.lines) line.wakeFirst();
    this.#guard.leave();
    // Outside of the guard, which a thread that wakes up needs.
    let thread: number | undefined;
    while ((thread = this.#signals.pop()) !== undefined) {
      if (thread === this.host.thread) this.lookAtSignalled();
      else this.host.signal(thread);
    }
  }

  /** Signals a thread after the present step. */
  noteSignal(thread: number): void {
    this.#signals.push(thread);
  }

  /** Takes back what threads hold that have ended. */
  #recover(): void {
    const { words, host } = this;
    for (let thread = 0; thread < host.threadCount; thread++) {
      const hold = this.#hold(thread);
      const count = words.read(hold + HOLD_COUNT);
      if (count === 0 || host.isAlive(words.read(hold + HOLD_SERIAL))) continue;
      words.write(hold + HOLD_COUNT, 0);
      this.#rules.lostHolder(count);
    }
  }

  #hold(thread: number): number {
    return holdWord(thread, this.lines.length, this.host.threadCount);
  }

  /** How much this thread holds. Inside a step. */
  get held(): number {
    const hold = this.#hold(this.host.thread);
    return this.words.read(hold + HOLD_SERIAL) === this.host.serial
      ? this.words.read(hold + HOLD_COUNT)
      : 0;
  }

  /** Sets that. */
  set held(count: number) {
    const hold = this.#hold(this.host.thread);
    this.words.write(hold + HOLD_SERIAL, this.host.serial);
    this.words.write(hold + HOLD_COUNT, count);
  }

  /** No thread holds anything any more. Inside a step. */
  forgetHolds(): void {
    for (let thread = 0; thread < this.host.threadCount; thread++) {
      this.words.write(this.#hold(thread) + HOLD_COUNT, 0);
    }
  }

  /** Does an operation if it can be done now. */
  try(line: Line, operation: Operation): boolean {
    return this.run(() =>
      operation.attempt(line.operations.length === 0 && line.isFirst())
    );
  }

  /**
   * Does an operation, or adds it to the line.
   *
   * @returns Whether it has ended.
   */
  begin(line: Line, operation: Operation): boolean {
    return this.run(() => {
      const { operations } = line;
      if (operation.attempt(operations.length === 0 && line.isFirst())) {
        return true;
      }
      this.host.requireRunning();
      operations.push(operation);
      line.join();
      this.host.await(line);
      return false;
    });
  }

  /**
   * Does an operation as soon as it can be done, and blocks until then. It comes before the
   * operations that wait on the event loop of this thread, which cannot continue.
   *
   * @param limitMs How long to wait at most.
   * @returns False if it was not done in that time.
   */
  block(line: Line, operation: Operation, limitMs?: number): boolean {
    const { operations } = line;
    const isDone = this.run(() => {
      if (operation.attempt(line.isFirst())) return true;
      this.host.requireRunning();
      operations.unshift(operation);
      line.join();
      // A signal may have come before, and its token may be gone: the next change must signal.
      line.clearSignal();
      return false;
    });
    if (isDone) return true;
    const endMs = limitMs === undefined
      ? Infinity
      : performance.now() + limitMs;
    try {
      while (true) {
        const leftMs = endMs - performance.now();
        if (leftMs > 0) {
          this.host.block(leftMs === Infinity ? undefined : leftMs);
        }
        this.look(line);
        if (operations[0] !== operation) return true;
        if (leftMs <= 0) return false;
      }
    } finally {
      this.cancel(line, operation);
    }
  }

  /**
   * Does what the operations of this thread in the line can do now.
   *
   * @returns The number of those that have ended.
   */
  look(line: Line): number {
    const ended: Operation[] = [];
    const { operations } = line;
    this.run(() => {
      line.clearSignal();
      // Its operations may have been rejected with the end of the runtime.
      if (operations.length === 0) line.renew();
      while (operations.length !== 0) {
        if (!operations[0].attempt(line.isFirst())) break;
        ended.push(operations.shift()!);
        // Behind the other threads: each has its turn.
        line.renew();
      }
    });
    for (const operation of ended) operation.settle();
    if (operations.length === 0) this.host.forget(line);
    return ended.length;
  }

  /** {@linkcode Monitor.look} at the lines in which this thread was signalled. */
  lookAtSignalled(): void {
    for (const line of this.lines) if (line.isSignalled) this.look(line);
  }

  /**
   * Takes an operation out of the line.
   *
   * @returns False if it does not wait there any more.
   */
  cancel(line: Line, operation: Operation): boolean {
    const { operations } = line;
    const isCancelled = this.run(() => {
      const index = operations.indexOf(operation);
      if (index < 0 || !operation.withdraw()) return false;
      operations.splice(index, 1);
      if (operations.length === 0) line.renew();
      else line.noteWant();
      return true;
    });
    if (operations.length === 0) this.host.forget(line);
    return isCancelled;
  }
}

/** Throws a RangeError unless so many frames have room on the stack. */
function requireStack(frames: number): number {
  return frames === 0 ? 0 : 1 + requireStack(frames - 1);
}
