/**
 * Threads of the interleaving checker that use shared objects.
 *
 * @module
 */

import { Parker } from "../../lib/bridge/parker.ts";
import type { Words } from "../../lib/bridge/words.ts";
import type { Endpoint } from "../../lib/calls/endpoint.ts";
import { Arrivals } from "../../lib/sync/arrivals.ts";
import { ItemRing } from "../../lib/monitor/item_ring.ts";
import { objectWords } from "../../lib/monitor/layout.ts";
import type { Line, Operation } from "../../lib/monitor/line.ts";
import { Monitor, type MonitorRules } from "../../lib/monitor/monitor.ts";
import { Permits, Take } from "../../lib/sync/permits.ts";
import {
  Queue,
  type QueueItem,
  type QueueItems,
} from "../../lib/monitor/queue.ts";
import { ThreadWaits } from "../../lib/monitor/thread_waits.ts";

/** Number of threads that an object knows. */
export const THREADS = 3;

const OBJECT_WORDS = objectWords(2, THREADS);
const NEWS = OBJECT_WORDS;
export const SERIALS = NEWS + 1;
export const SIGNALS = SERIALS + THREADS;
const PARKERS = SIGNALS + THREADS;
const BLOCKERS = PARKERS + THREADS;
/** The first word of the ring, at a multiple of 8 bytes. */
const RING = BLOCKERS + THREADS + (BLOCKERS + THREADS) % 2;
/** Bytes of the ring: it has room for two numbers, and wraps around in their middle. */
export const RING_BYTES = 40;
/** The first word that a scenario may use for itself. */
export const OWN_WORDS = RING + RING_BYTES / 4;

/** One thread of a runtime. */
export class SyncThread {
  readonly words: Words;
  readonly waits: ThreadWaits;
  readonly #parker: Parker;

  /** @param serial Its serial number; that of its index for the first worker. */
  constructor(words: Words, thread: number, serial: number = thread) {
    this.words = words;
    this.#parker = new Parker(words, PARKERS + thread);
    const blockers = Array.from(
      { length: THREADS },
      (_, other) => new Parker(words, BLOCKERS + other),
    );
    const control = {
      threadCount: THREADS,
      stopping: false,
      blockers,
      get news() {
        return words.load(NEWS);
      },
      signals: (other: number) => words.load(SIGNALS + other),
      signal: (other: number) => {
        words.add(SIGNALS + other, 1);
        new Parker(words, PARKERS + other).unpark();
        blockers[other].unpark();
      },
    };
    this.waits = ThreadWaits.of({
      thread,
      serial,
      control,
      isAlive: (other: number) =>
        words.load(SERIALS + other % THREADS) === other,
      loop: { isActive: true },
      host: {},
      guard: { uncut: <T>(step: () => T): T => step() },
      pump() {},
    } as unknown as Endpoint);
  }

  /** Makes the monitor of the one object. */
  monitor(rules: MonitorRules): Monitor {
    return new Monitor(this.words, this.waits, rules, 1);
  }

  /** Arrivals at the object. */
  arrivals(): Arrivals {
    return new Arrivals((rules) => this.monitor(rules), this.waits.held);
  }

  /** The object as a queue of numbers. */
  queue(resumeAt?: number): Queue<NumberItem> {
    const items = new NumberItems(this.words);
    return new Queue((rules) => this.monitor(rules), items, resumeAt);
  }

  /** Permits of the object. */
  permits(exclusive: number): Permits {
    return new Permits(
      (rules) => this.monitor(rules),
      this.waits.held,
      exclusive,
    );
  }

  /**
   * Waits for an operation as an event loop does: in rounds, and parks between them.
   *
   * @param onWait Called before each round.
   */
  waitInRounds(
    line: Line,
    operation: Operation,
    onWait: () => void = () => {},
  ): void {
    let hasEnded = false;
    operation.settle = operation.fail = () => hasEnded = true;
    if (line.owner.begin(line, operation)) return;
    while (!hasEnded) {
      onWait();
      if (this.waits.drain() !== 0) continue;
      // The check after arming.
      if (!this.waits.hasChanges) this.#parker.park();
    }
  }
}

/** A number that is sent. */
export class NumberItem implements QueueItem {
  readonly length = 8;
  readonly number: number;

  constructor(number: number) {
    this.number = number;
  }

  keep(): void {}
}

/** Numbers in the words behind all others. */
class NumberItems implements QueueItems<NumberItem> {
  readonly ring: ItemRing;
  readonly #words: Words;

  constructor(words: Words) {
    this.ring = new ItemRing(words, RING * 4);
    this.#words = words;
  }

  add(item: NumberItem): void {
    const at = this.ring.add(1, item.length);
    this.#words.write(at >> 2, item.number);
  }

  take(): () => number {
    const number = this.#words.read(this.ring.at >> 2);
    this.ring.remove();
    return () => number;
  }
}

/** Takes permits; fails if a holder was lost, unless it recovers the lock. */
export function take(
  permits: Permits,
  count = 1,
  recovers = false,
): Take<boolean> {
  return new Take(permits, count, "lock", recovers, (wasLost) => wasLost);
}

/** Gives the threads their serial numbers. */
export function prepare(words: Words): void {
  for (let thread = 0; thread < THREADS; thread++) {
    words.store(SERIALS + thread, thread);
  }
}

/** What the main thread does when a thread has ended. */
export function replaceThread(words: Words, thread: number): void {
  words.store(SERIALS + thread, thread + THREADS);
  words.add(NEWS, 1);
  for (let other = 0; other < THREADS; other++) {
    new Parker(words, PARKERS + other).unpark();
    new Parker(words, BLOCKERS + other).unpark();
  }
}
