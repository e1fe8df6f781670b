/**
 * What code of one thread waits for and holds.
 *
 * @module
 */

import type { Endpoint } from "../calls/endpoint.ts";
import type { Waits } from "../calls/waits.ts";
import { LoomError, ShutdownError } from "../errors.ts";
import type { AwaitedLine, Host } from "./host.ts";

/** An object of which this thread holds something. */
export interface Holder {
  /** This thread ends. */
  abandon(): void;
}

/** A channel that has shared memory of items that may not be received yet. */
export interface Keeper {
  /** Drops what was received; returns whether something is left. */
  dropReceived(): boolean;
}

/** One thread's waits for shared objects. The loop of the thread drains them. */
export class ThreadWaits implements Host, Waits {
  readonly #endpoint: Endpoint;
  readonly #lines = new Set<AwaitedLine>();
  #seenSignals = 0;
  #seenNews = 0;
  #objectCount = 0;
  /** The objects of this thread, by the numbers in their memory. */
  readonly objects: Map<string, WeakRef<object>> = new Map();
  /** The objects that this thread holds. */
  readonly held: Set<Holder> = new Set();
  /** The channels whose senders on this thread keep shared memory. */
  readonly keepers: Set<Keeper> = new Set();
  readonly #dropped = new FinalizationRegistry<string>((key) => {
    if (this.objects.get(key)?.deref() === undefined) this.objects.delete(key);
  });

  private constructor(endpoint: Endpoint) {
    this.#endpoint = endpoint;
  }

  /** The waits of the thread with this endpoint. */
  static of(endpoint: Endpoint): ThreadWaits {
    return (endpoint.waits ??= new ThreadWaits(endpoint)) as ThreadWaits;
  }

  get thread(): number {
    return this.#endpoint.thread;
  }

  get serial(): number {
    return this.#endpoint.serial;
  }

  get threadCount(): number {
    return this.#endpoint.control.threadCount;
  }

  get news(): number {
    return this.#endpoint.control.news;
  }

  isAlive(serial: number): boolean {
    return this.#endpoint.isAlive(serial);
  }

  uncut<T>(step: () => T): T {
    return this.#endpoint.guard.uncut(step);
  }

  startTimer(fire: () => void, delayMs: number): () => void {
    return this.#endpoint.host.clock.startTimer(fire, delayMs);
  }

  signal(thread: number): void {
    this.#endpoint.control.signal(thread);
  }

  await(line: AwaitedLine): void {
    this.#lines.add(line);
    this.#pump();
  }

  forget(line: AwaitedLine): void {
    // The loop may keep the process alive because of this line.
    if (this.#lines.delete(line) && !this.isPending) this.#pump();
  }

  #pump(): void {
    if (!this.#endpoint.loop.isActive) this.#endpoint.pump();
  }

  requireRunning(): void {
    if (!this.#endpoint.control.stopping) return;
    throw new ShutdownError(
      "Cannot wait: the runtime has ended; await tracked calls before shutdown",
    );
  }

  block(limitMs: number | undefined): void {
    const { control, thread, host } = this.#endpoint;
    if (host.isInline) {
      throw new LoomError(
        "Cannot block: the workers of an inline runtime share this thread, so nothing would " +
          "go on; await the method of the same name without Sync",
      );
    }
    control.blockers[thread].park(limitMs);
    this.requireRunning();
  }

  get isPending(): boolean {
    return this.#lines.size !== 0;
  }

  get hasChanges(): boolean {
    if (!this.isPending) return false;
    const { control, thread } = this.#endpoint;
    return control.signals(thread) !== this.#seenSignals ||
      control.news !== this.#seenNews;
  }

  drain(): number {
    if (!this.hasChanges) return 0;
    const { control, thread } = this.#endpoint;
    // Read first: what is signalled from here on counts as new.
    this.#seenSignals = control.signals(thread);
    const { news } = control;
    const hasNews = news !== this.#seenNews;
    this.#seenNews = news;
    let count = 0;
    for (const line of this.#lines) {
      // A thread may have ended that was to signal this one, or that is before it.
      if (hasNews || line.isSignalled) count += line.look();
    }
    this.dropReceived();
    return count;
  }

  rejectAll(reason: () => ShutdownError): void {
    const lines = [...this.#lines];
    this.#lines.clear();
    for (const line of lines) line.failAll(reason);
  }

  end(): void {
    for (const holder of this.held) holder.abandon();
  }

  /** Drops the shared memory of items that other threads have received. */
  dropReceived(): void {
    for (const keeper of this.keepers) {
      if (!keeper.dropReceived()) this.keepers.delete(keeper);
    }
  }

  /** A number for the next object that this thread makes. */
  nextNumber(): number {
    return this.#objectCount++;
  }

  /** Notes an object under the numbers in its memory. */
  keep(key: string, object: object): void {
    this.objects.set(key, new WeakRef(object));
    this.#dropped.register(object, key);
  }

  /** The endpoint of this thread. */
  get endpoint(): Endpoint {
    return this.#endpoint;
  }
}
