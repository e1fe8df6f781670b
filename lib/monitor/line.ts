/**
 * The line of the threads that wait for a shared object.
 *
 * @module
 */

import type { Words } from "../bridge/words.ts";
import type { AwaitedLine, Host } from "./host.ts";
import {
  ENTRY_PLACE,
  ENTRY_SERIAL,
  ENTRY_SIGNALLED,
  ENTRY_WANT,
  entryWord,
  LAST_PLACE,
} from "./layout.ts";

/** What code of this thread wants to do with an object. */
export interface Operation {
  /** How much it wants: see {@linkcode IsOpen}. */
  readonly want: number;
  /**
   * Does it if it can be done now. Inside the guard.
   *
   * @param isFirst Whether no other thread waits before this one.
   * @returns Whether the operation has ended, by success or failure.
   */
  attempt(isFirst: boolean): boolean;
  /**
   * Takes back what {@linkcode Operation.attempt} has done although it did not end. Inside the
   * guard.
   *
   * @returns False if the operation has ended meanwhile.
   */
  withdraw(): boolean;
  /** Reports the end of an operation that has waited. Outside of the guard. */
  settle(): void;
  /** Ends an operation that waits, by this error. */
  fail(error: unknown): void;
}

/** When the first thread of a line can go on. Inside the guard. */
export type IsOpen = (want: number) => boolean;

/** The object that a line belongs to. */
export interface LineOwner {
  /** The words of the object. */
  readonly words: Words;
  /** This thread. */
  readonly host: Host;
  /** Signals a thread after the present step. */
  noteSignal(thread: number): void;
  /** Does an operation if it can be done now. */
  try(line: Line, operation: Operation): boolean;
  /** Does an operation, or adds it to the line; returns whether it has ended. */
  begin(line: Line, operation: Operation): boolean;
  /** Does an operation as soon as it can be done; returns false if the time is over before. */
  block(line: Line, operation: Operation, limitMs?: number): boolean;
  /** Takes an operation out of the line; returns false if it has ended. */
  cancel(line: Line, operation: Operation): boolean;
  /** Does what this thread can do now; returns the number of operations that have ended. */
  look(line: Line): number;
}

/** No thread waits in the line. */
export const NOBODY = -1;

/**
 * A first-in, first-out line of threads. Each has one entry in shared memory, and a queue of
 * its own operations.
 */
export class Line implements AwaitedLine {
  /** Operations of this thread that wait, in order. */
  readonly operations: Operation[] = [];
  /** The object. */
  readonly owner: LineOwner;
  readonly #index: number;
  readonly #isOpen: IsOpen;
  readonly #own: number;

  constructor(owner: LineOwner, index: number, isOpen: IsOpen) {
    this.owner = owner;
    this.#index = index;
    this.#isOpen = isOpen;
    this.#own = this.#entry(owner.host.thread);
  }

  #entry(thread: number): number {
    return entryWord(this.#index, thread, this.owner.host.threadCount);
  }

  /** Whether this thread was signalled and has not looked since. */
  get isSignalled(): boolean {
    return this.owner.words.load(this.#own + ENTRY_SIGNALLED) !== 0;
  }

  look(): number {
    return this.owner.look(this);
  }

  failAll(reason: () => Error): void {
    for (const operation of this.operations.splice(0)) operation.fail(reason());
  }

  // All below: inside the guard.

  /** This thread looks now. */
  clearSignal(): void {
    this.owner.words.write(this.#own + ENTRY_SIGNALLED, 0);
  }

  /** The thread that waits longest and has not ended; {@linkcode NOBODY} if none waits. */
  first(): number {
    const { words, host } = this.owner;
    let first = NOBODY;
    let place = 0;
    for (let thread = 0; thread < host.threadCount; thread++) {
      const entry = this.#entry(thread);
      const own = words.read(entry + ENTRY_PLACE);
      // Places are compared by their distance, because the numbers wrap around.
      if (own === 0 || (first !== NOBODY && (own - place | 0) > 0)) continue;
      if (!host.isAlive(words.read(entry + ENTRY_SERIAL))) continue;
      first = thread;
      place = own;
    }
    return first;
  }

  /** Whether no other thread waits before this one. */
  isFirst(): boolean {
    const first = this.first();
    return first === NOBODY || first === this.owner.host.thread;
  }

  /** Takes the last place, or none if no operation of this thread waits. */
  renew(): void {
    const { words, host } = this.owner;
    const own = this.#own;
    if (this.operations.length === 0) {
      words.write(own + ENTRY_PLACE, 0);
      return;
    }
    const place = (words.read(LAST_PLACE) + 1 | 0) || 1;
    words.write(LAST_PLACE, place);
    words.write(own + ENTRY_PLACE, place);
    words.write(own + ENTRY_SERIAL, host.serial);
    words.write(own + ENTRY_SIGNALLED, 0);
    this.noteWant();
  }

  /** Takes a place, unless this thread has one. */
  join(): void {
    const { words, host } = this.owner;
    const own = this.#own;
    if (
      words.read(own + ENTRY_PLACE) === 0 ||
      words.read(own + ENTRY_SERIAL) !== host.serial
    ) this.renew();
    else this.noteWant();
  }

  /** Publishes what the first operation of this thread wants. */
  noteWant(): void {
    const { want } = this.operations[0];
    this.owner.words.write(this.#own + ENTRY_WANT, want);
  }

  /** Signals the first thread if it can go on. */
  wakeFirst(): void {
    const first = this.first();
    if (first === NOBODY) return;
    const want = this.owner.words.read(this.#entry(first) + ENTRY_WANT);
    if (this.#isOpen(want)) this.#signal(first);
  }

  /**
   * Signals all threads that wait.
   *
   * @param answer What {@linkcode Line.takeAnswer} returns to them, if it is not 0.
   */
  wakeAll(answer = 0): void {
    const { words, host } = this.owner;
    for (let thread = 0; thread < host.threadCount; thread++) {
      const entry = this.#entry(thread);
      if (words.read(entry + ENTRY_PLACE) === 0) continue;
      if (answer !== 0) words.write(entry + ENTRY_WANT, answer);
      this.#signal(thread);
    }
  }

  /** The answer to this thread, once; 0 when there is none. For operations that want 0. */
  takeAnswer(): number {
    const { words } = this.owner;
    if (words.read(this.#own + ENTRY_PLACE) === 0) return 0;
    const answer = words.read(this.#own + ENTRY_WANT);
    if (answer !== 0) words.write(this.#own + ENTRY_WANT, 0);
    return answer;
  }

  /** Once until the thread looks: what changes in between, it sees then. */
  #signal(thread: number): void {
    const { words } = this.owner;
    const entry = this.#entry(thread);
    if (words.read(entry + ENTRY_SIGNALLED) !== 0) return;
    words.store(entry + ENTRY_SIGNALLED, 1);
    this.owner.noteSignal(thread);
  }
}
