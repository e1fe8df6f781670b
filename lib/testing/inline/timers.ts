/**
 * The timers of a clock that stands still until it is told to go on.
 *
 * @module
 */

import { type Clock, MACHINE_CLOCK } from "../../limits/clock.ts";

interface Timer {
  readonly dueMs: number;
  readonly fire: () => void;
}

/** The timers of one runtime, in the order in which they are due. */
export class Timers implements Clock {
  /** See {@linkcode Clock}. */
  readonly originMs: number = 0;
  /** Whether the time stands still until it is moved. */
  readonly isVirtual: boolean = true;
  /** Called after a timer that was not fired by {@linkcode Timers.fireNext}. */
  onFire: () => void = () => {};
  readonly #timers: Timer[] = [];
  #nowMs = 0;

  /** See {@linkcode Clock}. */
  now(): number {
    return this.#nowMs;
  }

  /** See {@linkcode Clock}. Of timers for the same time, the one that was started first is. */
  startTimer(fire: () => void, delayMs: number): () => void {
    const timer = { dueMs: this.#nowMs + delayMs, fire };
    const timers = this.#timers;
    let index = timers.length;
    while (index > 0 && timers[index - 1].dueMs > timer.dueMs) index--;
    timers.splice(index, 0, timer);
    return () => {
      const index = timers.indexOf(timer);
      if (index >= 0) timers.splice(index, 1);
    };
  }

  /** When the next timer is due; Infinity if there is none. */
  get nextMs(): number {
    return this.#timers[0]?.dueMs ?? Infinity;
  }

  /** Moves the time to the next timer, which there must be, and fires it. */
  fireNext(): void {
    const { dueMs, fire } = this.#timers.shift()!;
    this.moveTo(dueMs);
    fire();
  }

  /** Moves the time, which never goes back. */
  moveTo(ms: number): void {
    this.#nowMs = Math.max(this.#nowMs, ms);
  }

  /** Drops all timers. */
  clear(): void {
    this.#timers.length = 0;
  }
}

/** The timers of the machine, whose time passes by itself. */
export class MachineTimers extends Timers {
  /** See {@linkcode Clock}. */
  override readonly originMs: number = MACHINE_CLOCK.originMs;
  /** See {@linkcode Timers}. */
  override readonly isVirtual: boolean = false;

  /** See {@linkcode Clock}. */
  override now(): number {
    return MACHINE_CLOCK.now();
  }

  /** See {@linkcode Clock}. */
  override startTimer(fire: () => void, delayMs: number): () => void {
    return MACHINE_CLOCK.startTimer(() => {
      fire();
      this.onFire();
    }, delayMs);
  }
}
