/**
 * Settles the calls of the main thread, whose event loop must not block.
 *
 * @module
 */

import type { Endpoint } from "./endpoint.ts";
import { EventLoopParking } from "./event_loop_parking.ts";
import { Rounds } from "./rounds.ts";
import type { SpareArray } from "../payloads/spare_array.ts";
import { Spin } from "./spin.ts";
import { WarmUp } from "./warm_up.ts";

/**
 * Bytes that a worker copies in a microsecond, a low estimate. A call cannot complete before
 * its payload is copied, so the pump spins longer by that time.
 */
const BYTES_PER_US = 10_000;
/** Most that sent bytes extend the spin, in microseconds. */
const MAX_EXTRA_US = 200;

/** Of all runtimes of the process, which share their code. */
const warmUp = new WarmUp();

/** What the pump reports to its thread. */
export interface PumpHost {
  /** Keeps the event loop alive while `on`, because calls are in flight. */
  keepAlive(on: boolean): void;
  /** Whether to wait although no call of this thread is in flight. */
  awaitsWorkers(): boolean;
  /** The thread is about to wait and can do background work. */
  waiting(): void;
}

/**
 * While calls are in flight, the pump drains completions in microtasks and spins for a
 * bounded time. Then it arms the lanes and waits with one `Atomics.waitAsync` for the whole
 * thread. A new call disarms and spins again, so calls in quick succession avoid the wait.
 */
export class Pump {
  readonly #endpoint: Endpoint;
  readonly #host: PumpHost;
  readonly #spare: SpareArray;
  readonly #spin: Spin;
  readonly #rounds: Rounds;
  #onSettled: (() => void) | undefined;
  readonly #parking: EventLoopParking;
  #armed = false;
  #kept = false;
  #mayRest = false;

  /**
   * @param spinUs How long to spin before waiting.
   * @param fillsCpus Whether no CPU is left when this thread and the workers spin.
   */
  constructor(
    endpoint: Endpoint,
    spinUs: number,
    fillsCpus: boolean,
    host: PumpHost,
  ) {
    this.#endpoint = endpoint;
    this.#rounds = new Rounds(
      () => this.#run(),
      fillsCpus ? () => warmUp.look() : undefined,
    );
    this.#host = host;
    this.#spare = endpoint.payloads.spare;
    this.#spin = new Spin(spinUs);
    this.#parking = new EventLoopParking(
      endpoint.control.parkers[endpoint.thread],
      () => this.#woken(),
    );
  }

  /**
   * Sets a listener that runs in each round, and when calls were settled, before their
   * reactions.
   */
  watchSettled(listener: () => void): void {
    this.#onSettled = listener;
  }

  /** Schedules a round unless one runs or is scheduled. */
  start(): void {
    if (this.#endpoint.loop.isActive) return;
    // First: if no stack is left for a later step, the round repeats it.
    this.#rounds.next();
    this.#endpoint.loop.activate();
    if (this.#armed) this.#disarm();
    this.#mayRest = false;
  }

  /**
   * Code that waits for calls has something else to do first. If no call has completed in the
   * next round, the one after it runs when that code is done or waits.
   */
  rest(): void {
    this.#mayRest = true;
  }

  /** That code now waits. */
  hurry(): void {
    this.#mayRest = false;
    this.#rounds.hurry();
  }

  #run(): void {
    const endpoint = this.#endpoint;
    const spin = this.#spin;
    endpoint.loop.activate();
    if (this.#armed) this.#disarm();
    if (this.#onSettled !== undefined) this.#onSettled();
    const sentBytes = endpoint.payloads.takeSentBytes();
    spin.start(Math.min(sentBytes / BYTES_PER_US, MAX_EXTRA_US));
    this.#spare.prepare();
    let count = endpoint.drain();
    while (count === 0) {
      if (this.#mayRest && this.#isNeeded) {
        this.#mayRest = false;
        return this.#rounds.rest();
      }
      if (!spin.again()) break;
      count = endpoint.drain();
    }
    if (count !== 0 && this.#onSettled !== undefined) this.#onSettled();
    if (this.#isNeeded) {
      if (count === 0) return this.#wait();
      // The promises' reactions run before the next round.
      return this.#rounds.next();
    }
    endpoint.loop.stop();
    if (this.#kept) this.#keepAlive(false);
  }

  get #isNeeded(): boolean {
    const endpoint = this.#endpoint;
    return endpoint.busy || endpoint.isWaiting || this.#host.awaitsWorkers();
  }

  #disarm(): void {
    this.#endpoint.disarm();
    this.#armed = false;
  }

  #wait(): void {
    // From here on, the next completion unparks this thread: see Completions.tryArm().
    if (!this.#endpoint.tryArm()) return this.#rounds.next();
    this.#armed = true;
    if (!this.#parking.tryPark()) return this.#rounds.next();
    this.#endpoint.loop.stop();
    if (!this.#kept) this.#keepAlive(true);
    this.#host.waiting();
  }

  /** The asynchronous wait has ended. */
  #woken(): void {
    // A call may have scheduled a round before this wait ended.
    if (this.#endpoint.loop.isActive) return;
    // The completion that ended the wait has disarmed its lane; others may still be armed.
    this.#run();
  }

  #keepAlive(on: boolean): void {
    this.#kept = on;
    this.#host.keepAlive(on);
    if (on) this.#endpoint.diagnostics?.waits();
  }
}
