/**
 * Gives memory back when large payloads do not follow each other any more.
 *
 * @module
 */

import { setTimeout } from "node:timers";
import type { Arena } from "../bridge/arena.ts";
import type { Pages } from "../bridge/pages.ts";
import type { TaskGuard } from "../bridge/task_guard.ts";
import type { Collector } from "./garbage.ts";
import type { SpareArray } from "./spare_array.ts";

/**
 * Time between two looks, in milliseconds. What was in use between them stays, so calls that
 * follow each other use the same pages.
 */
const PERIOD_MS = 200;
/**
 * Freed memory is returned so often, at consecutive looks: V8 sweeps in the background, so some
 * blocks are freed after the first time.
 */
const RETURNS = 3;

/** Bytes of large payloads between two looks from which on freed memory is kept. */
const STREAM_BYTES = 1 << 22;
/** Longest time between two looks while a call of this thread is in flight. */
const BUSY_PERIOD_MS = 800;
/** Longest time otherwise, while another thread has not read a payload yet. */
const MAX_PERIOD_MS = 12_800;

/**
 * The memory of one thread that only large payloads need: the pages of its arenas, the spare
 * array, and the copies that it has read or sent. As long as there is some, the thread looks
 * after it from time to time; otherwise nothing is scheduled.
 */
export class IdleMemory {
  readonly #arenas: readonly Arena[];
  readonly #spare: SpareArray;
  readonly #pages: Pages;
  readonly #collector: Collector;
  readonly #isBusy: () => boolean;
  readonly #guard: TaskGuard;
  readonly #look = (): void => {
    this.#hasTimer = false;
    const guard = this.#guard;
    if (guard.isInTasks) guard.inLibrary(() => this.look());
    else this.look();
    if (this.isHeld) this.startTimer();
  };
  #isHeld = false;
  #hasTimer = false;
  #periodMs = PERIOD_MS;
  #nextMs = 0;
  /** Bytes of large payloads that this thread has read or sent. */
  #movedBytes = 0;
  #movedAtLook = 0;
  #collectedBytes = 0;
  /** Freed memory keeps its pages. */
  #keepsFreed = false;
  /** How often freed memory is still to be returned. */
  #returnsLeft = 0;
  #isStopped = false;
  /** Called when there is memory to look after, and there was none. */
  onHeld: () => void = () => {};

  /**
   * @param arenas The arenas that this thread owns.
   * @param isBusy Whether a call of this thread is in flight, whose arguments it may keep.
   * @param guard Lets no one end this thread while it looks.
   */
  constructor(
    arenas: readonly Arena[],
    spare: SpareArray,
    pages: Pages,
    collector: Collector,
    isBusy: () => boolean,
    guard: TaskGuard,
  ) {
    this.#arenas = arenas;
    this.#spare = spare;
    this.#pages = pages;
    this.#collector = collector;
    this.#isBusy = isBusy;
    this.#guard = guard;
    for (const arena of arenas) {
      arena.onExcess = () => this.#hold();
      if (arena.hasExcess) this.#hold();
    }
  }

  /** Whether {@linkcode IdleMemory.look} should be called again. */
  get isHeld(): boolean {
    return this.#isHeld;
  }

  /** Whether {@linkcode IdleMemory.look} should be called now. */
  get isDue(): boolean {
    return this.#isHeld && this.waitMs === 0;
  }

  /** Time until the next look is due, in milliseconds. */
  get waitMs(): number {
    return Math.max(0, this.#nextMs - performance.now());
  }

  /** Counts a large payload that this thread has read or sent. */
  note(byteLength: number): void {
    this.#movedBytes += byteLength;
    if (!this.#isHeld) this.#hold();
  }

  #hold(): void {
    if (this.#isHeld || this.#isStopped) return;
    this.#isHeld = true;
    this.#schedule(PERIOD_MS);
    this.onHeld();
  }

  #schedule(periodMs: number): void {
    this.#periodMs = periodMs;
    this.#nextMs = performance.now() + periodMs;
  }

  /** Looks when it is due, on an event loop that this does not keep alive. */
  startTimer(): void {
    if (this.#hasTimer) return;
    this.#hasTimer = true;
    setTimeout(this.#look, this.#periodMs).unref();
  }

  /** Gives back what was not in use since the last look. */
  look(): void {
    if (this.#isStopped) return;
    for (const arena of this.#arenas) {
      if (arena.hasExcess) arena.trim();
    }
    const usedBytes = this.#movedBytes - this.#movedAtLook;
    this.#movedAtLook = this.#movedBytes;
    const isUsed = usedBytes !== 0;
    const isBusy = this.#isBusy();
    if (usedBytes >= STREAM_BYTES) this.#keepFreed();
    if (!isUsed) this.#spare.drop();
    if (!isUsed && !isBusy) {
      // Engines may free what they have collected a little later: at the next look.
      if (this.#hasGarbage) this.#collect();
      else this.#returnFreed();
    }
    this.#isHeld = isUsed || this.#hasGarbage || this.#returnsLeft !== 0 ||
      this.#arenas.some((arena) => arena.hasExcess);
    const longestMs = isBusy ? BUSY_PERIOD_MS : MAX_PERIOD_MS;
    this.#schedule(
      isUsed ? PERIOD_MS : Math.min(2 * this.#periodMs, longestMs),
    );
  }

  #keepFreed(): void {
    this.#returnsLeft = RETURNS;
    if (this.#keepsFreed) return;
    this.#keepsFreed = true;
    this.#pages.keepFreed(true);
  }

  #returnFreed(): void {
    if (this.#returnsLeft === 0) return;
    this.#returnsLeft--;
    this.#keepsFreed = false;
    this.#pages.keepFreed(false);
  }

  get #hasGarbage(): boolean {
    const movedBytes = this.#movedBytes - this.#collectedBytes;
    return movedBytes >= this.#collector.garbageBytes;
  }

  #collect(): void {
    const movedBytes = this.#movedBytes - this.#collectedBytes;
    this.#collectedBytes = this.#movedBytes;
    this.#collector.collect(movedBytes);
  }

  /** Looks after nothing any more. */
  stop(): void {
    if (this.#keepsFreed) this.#returnFreed();
    this.#isStopped = true;
    this.#isHeld = false;
  }
}
