/**
 * Settles promises on a thread that lives from its event loop.
 *
 * @module
 */

import type { Endpoint } from "./endpoint.ts";
import { EventLoopParking } from "./event_loop_parking.ts";
import { Rounds } from "./rounds.ts";
import { Spin } from "./spin.ts";

/**
 * Bytes that a worker is sure to copy in a microsecond, out of the arguments and into the
 * result: before that no answer can be there, and soon after it may.
 */
const BYTES_PER_US = 10_000;
/** What is sent may make a moment longer by so much at most. */
const MAX_EXTRA_US = 200;

/** What the pump tells the thread. */
export interface PumpHost {
  /** The event loop must not end while this is true: calls are in flight. */
  keepAlive(on: boolean): void;
  /** The thread is about to wait: a good moment for work that nobody waits for. */
  waiting(): void;
}

/**
 * While calls are in flight the pump drains in microtasks and spins for a bounded moment.
 * Then it arms the lanes and waits in one `Atomics.waitAsync` for the whole thread. A new
 * call meanwhile disarms and spins again: calls in a row never pay for the wait.
 */
export class Pump {
  readonly #endpoint: Endpoint;
  readonly #host: PumpHost;
  readonly #spin: Spin;
  readonly #rounds = new Rounds(() => this.#run());
  #onSettled: (() => void) | undefined;
  readonly #parking: EventLoopParking;
  #armed = false;
  #kept = false;

  /** @param spinUs How long to spin before waiting. */
  constructor(endpoint: Endpoint, spinUs: number, host: PumpHost) {
    this.#endpoint = endpoint;
    this.#host = host;
    this.#spin = new Spin(spinUs);
    this.#parking = new EventLoopParking(
      endpoint.control.parkers[endpoint.thread],
      () => this.#woken(),
    );
  }

  /** Calls `listener` from now on whenever calls were settled, before their reactions run. */
  watchSettled(listener: () => void): void {
    this.#onSettled = listener;
  }

  /** Makes sure that a round comes. */
  start(): void {
    if (this.#endpoint.progress.isActive) return;
    // First: near the end of the stack the rest may fail, and the round makes up for it.
    this.#rounds.next();
    this.#endpoint.progress.activate();
    this.#disarm();
  }

  #run(): void {
    const endpoint = this.#endpoint;
    const spin = this.#spin;
    endpoint.progress.activate();
    this.#disarm();
    const sentBytes = endpoint.payloads.takeSentBytes();
    spin.start(Math.min(sentBytes / BYTES_PER_US, MAX_EXTRA_US));
    do {
      if (endpoint.drain() !== 0) {
        if (this.#onSettled !== undefined) this.#onSettled();
        // The promises' reactions run before the next round.
        if (endpoint.busy) this.#rounds.next();
        else this.#stop();
        return;
      }
    } while (spin.again());
    if (endpoint.busy) this.#wait();
    else this.#stop();
  }

  #disarm(): void {
    if (!this.#armed) return;
    this.#endpoint.disarm();
    this.#armed = false;
  }

  #stop(): void {
    this.#endpoint.progress.stop();
    if (this.#kept) this.#keepAlive(false);
  }

  #wait(): void {
    // From here on the next completion unparks this thread: see Completions.tryArm().
    if (!this.#endpoint.tryArm()) return this.#rounds.next();
    this.#armed = true;
    if (!this.#parking.tryPark()) return this.#rounds.next();
    this.#endpoint.progress.stop();
    if (!this.#kept) this.#keepAlive(true);
    this.#host.waiting();
  }

  /** The asynchronous wait has ended. */
  #woken(): void {
    // A round may be scheduled already, by a call that came meanwhile.
    if (this.#endpoint.progress.isActive) return;
    // The completion that ended the wait has disarmed its lane; others may still be armed.
    this.#run();
  }

  #keepAlive(on: boolean): void {
    this.#kept = on;
    this.#host.keepAlive(on);
  }
}
