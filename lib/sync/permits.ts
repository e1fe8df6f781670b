/**
 * Permits that threads take from an object and give back: what a mutex, a read-write lock and
 * a semaphore have in common.
 *
 * @module
 */

import { HolderLostError, LoomError } from "../errors.ts";
import { STATE } from "../monitor/layout.ts";
import { type BlockOptions, Outcome } from "../monitor/limits.ts";
import type { Line } from "../monitor/line.ts";
import type { Monitor, MonitorRules } from "../monitor/monitor.ts";
import { SharedObject } from "./shared_object.ts";
import type { Holder } from "../monitor/thread_waits.ts";

// State of permits:
//   word  name       meaning
//   0     AVAILABLE  permits that nobody holds
//   1     LOST       1 after a thread ended that held an exclusive lock

/** State: permits that nobody holds. */
export const AVAILABLE = STATE;
const LOST = STATE + 1;

/** The permits of one object, as one thread sees them. */
export class Permits implements Holder {
  readonly #monitor: Monitor;
  readonly #held: Set<Holder>;
  readonly #exclusive: number;

  /**
   * @param held Objects of which this thread holds something.
   * @param exclusive A thread that ends and holds so many leaves a lost lock.
   */
  constructor(
    monitorOf: (rules: MonitorRules) => Monitor,
    held: Set<Holder>,
    exclusive: number,
  ) {
    this.#held = held;
    this.#exclusive = exclusive;
    const monitor = monitorOf({
      lines: [(want) => monitor.words.read(AVAILABLE) >= want],
      lostHolder: (count) => this.#lose(count),
    });
    this.#monitor = monitor;
  }

  /** The permits of an object. */
  static of(object: SharedObject, exclusive: number): Permits {
    const { held } = SharedObject.waitsOf(object);
    const monitorOf = (rules: MonitorRules) =>
      SharedObject.monitorOf(object, rules);
    return new Permits(monitorOf, held, exclusive);
  }

  /** Where threads wait for permits. */
  get line(): Line {
    return this.#monitor.lines[0];
  }

  /** Number of permits that nobody holds. */
  get available(): number {
    return this.#monitor.words.load(AVAILABLE);
  }

  /** Whether a thread ended that held an exclusive lock. */
  get isLost(): boolean {
    return this.#monitor.words.load(LOST) !== 0;
  }

  /** Adds permits that nobody holds. */
  add(count: number): void {
    this.#monitor.run(() => this.#change(count));
  }

  /**
   * Gives permits back that this thread holds.
   *
   * @param isKept Whether nobody gets them any more.
   */
  release(count: number, isKept = false): void {
    this.#monitor.run(() => {
      const { held } = this.#monitor;
      // They were taken back already if this thread is about to end.
      if (held < count) return;
      this.#monitor.held = held - count;
      if (held === count) this.#held.delete(this);
      if (!isKept) this.#change(count);
    });
  }

  /** This thread ends: the others must not wait for its permits. */
  abandon(): void {
    this.#monitor.run(() => {
      const { held } = this.#monitor;
      this.#monitor.held = 0;
      if (held !== 0) this.#lose(held);
    });
  }

  /**
   * Throws if this thread would wait for itself: code on its event loop holds the lock, and
   * cannot go on while the thread is blocked.
   */
  requireOther(count: number, what: string): void {
    if (this.#monitor.held + count <= this.#exclusive) return;
    throw new LoomError(
      `Cannot ${what}: code of this thread holds it, and would never release it while the ` +
        `thread is blocked; await the asynchronous method instead`,
    );
  }

  // All below: inside a step.

  /** Takes permits if there are enough and it is this thread's turn. */
  tryTake(count: number, isFirst: boolean): boolean {
    const { words } = this.#monitor;
    if (!isFirst || words.read(AVAILABLE) < count) return false;
    this.#change(-count);
    const { held } = this.#monitor;
    this.#monitor.held = held + count;
    if (held === 0) this.#held.add(this);
    return true;
  }

  /** Whether a lock was lost; it is not any more. */
  takeLost(): boolean {
    const { words } = this.#monitor;
    const isLost = words.read(LOST) !== 0;
    if (isLost) words.store(LOST, 0);
    return isLost;
  }

  #change(count: number): void {
    const { words } = this.#monitor;
    words.store(AVAILABLE, words.read(AVAILABLE) + count);
  }

  #lose(count: number): void {
    this.#change(count);
    if (count < this.#exclusive) return;
    this.#monitor.words.store(LOST, 1);
    this.line.wakeAll();
  }
}

/** Takes permits, and makes what stands for them. */
export class Take<T> extends Outcome<T> {
  readonly want: number;
  readonly #permits: Permits;
  readonly #what: string;
  readonly #recovers: boolean;
  readonly #make: (wasLost: boolean) => T;
  #state: "taken" | "repaired" | "lost" = "taken";

  /**
   * @param what What the operation is, for errors.
   * @param recovers Whether it takes them although a holder was lost, and clears that.
   */
  constructor(
    permits: Permits,
    count: number,
    what: string,
    recovers: boolean,
    make: (wasLost: boolean) => T,
  ) {
    super();
    this.want = count;
    this.#permits = permits;
    this.#what = what;
    this.#recovers = recovers;
    this.#make = make;
  }

  override block(line: Line, what: string, options: BlockOptions): T {
    this.#permits.requireOther(this.want, what);
    return super.block(line, what, options);
  }

  attempt(isFirst: boolean): boolean {
    if (this.#permits.isLost && !this.#recovers) {
      this.#state = "lost";
      return true;
    }
    if (!this.#permits.tryTake(this.want, isFirst)) return false;
    if (this.#recovers && this.#permits.takeLost()) this.#state = "repaired";
    return true;
  }

  take(): T {
    if (this.#state !== "lost") return this.#make(this.#state === "repaired");
    throw new HolderLostError(
      `Cannot ${this.#what}: the thread that held it has ended, and what it protects may be ` +
        `half changed; call recover(), then repair that`,
    );
  }
}
