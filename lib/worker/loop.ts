/**
 * What a worker does: take a call, run it, hand back the result, park.
 *
 * @module
 */

import type { Endpoint } from "../bridge/endpoint.ts";
import type { Idle } from "../bridge/idle.ts";
import type { Lane } from "../bridge/lane.ts";
import { ASYNC, type PoolKind } from "../bridge/layout.ts";
import type { Parker } from "../bridge/parker.ts";
import { NOTHING } from "../bridge/ring.ts";
import { Rounds } from "../bridge/rounds.ts";
import { Spin } from "../bridge/spin.ts";
import type { Runner } from "./runner.ts";

/**
 * Serves the lanes of one pool.
 *
 * While it only runs synchronous calls, a compute worker stays inside one loop and parks by
 * blocking. As long as a call of its own is unfinished, because it awaits something, the
 * worker goes back to its event loop after each call and parks without blocking: so a task
 * may await calls that only this very worker can serve. Event-loop workers always do that.
 */
export class Loop {
  readonly #endpoint: Endpoint;
  readonly #runner: Runner;
  readonly #pool: PoolKind;
  readonly #idle: Idle;
  readonly #parker: Parker;
  readonly #spin: Spin;
  readonly #rounds = new Rounds(() => this.#serve());
  readonly #onStop: () => void;
  /** Lanes in use, nearest first: own calls before those of others, the main thread last. */
  #lanes: Lane[] = [];
  #news = -1;
  #searching = false;
  /** A round is running or on its way. */
  #active = false;
  /** An asynchronous wait was not answered yet. */
  #waiting = false;
  /** The event loop had a turn since the last call. */
  #rested = true;
  /** Something may need the event loop: see {@linkcode Loop.#needsEventLoop}. */
  #entangled = false;

  constructor(
    endpoint: Endpoint,
    runner: Runner,
    pool: PoolKind,
    workerCount: number,
    spinUs: number,
    onStop: () => void,
  ) {
    this.#endpoint = endpoint;
    this.#runner = runner;
    this.#pool = pool;
    this.#idle = endpoint.control.idle(pool, workerCount);
    this.#parker = endpoint.control.parkers[endpoint.thread];
    this.#spin = new Spin(spinUs);
    this.#onStop = onStop;
    this.#entangled = pool === ASYNC;
  }

  /** Serves until the runtime stops. */
  start(): void {
    this.#idle.resume(this.#endpoint.thread);
    this.#active = true;
    this.#serve();
  }

  /** Makes sure that a round comes: this worker has submitted a call. */
  wake(): void {
    this.#entangled = true;
    if (this.#active) return;
    this.#active = true;
    this.#endpoint.disarm();
    this.#idle.awake(this.#endpoint.thread);
    this.#searching = true;
    this.#rounds.next();
  }

  #serve(): void {
    const endpoint = this.#endpoint;
    while (true) {
      if (endpoint.control.news !== this.#news && this.#lookIntoNews()) return;
      if (this.#entangled && endpoint.drain() !== 0) return this.#rounds.next();
      if (this.#runOne()) {
        // What the call awaits can only go on from the event loop.
        if (this.#entangled && this.#needsEventLoop()) {
          return this.#rounds.next();
        }
      } else if (this.#search()) {
        // Completions, news or a call, which has been run: look again.
        if (this.#entangled && this.#needsEventLoop()) {
          return this.#rounds.next();
        }
      } else if (!this.#rested) {
        this.#endSearch();
        this.#rested = true;
        return this.#rounds.nextTurn();
      } else if (!this.#park()) {
        return;
      }
    }
  }

  /** Takes and runs one call; false when there is none. */
  #runOne(): boolean {
    if (this.#runner.mustWait()) return false;
    const lanes = this.#lanes;
    for (let i = 0; i < lanes.length; i++) {
      const stamp = lanes[i].ring.tryTake();
      if (stamp === NOTHING) continue;
      if (this.#searching) this.#endSearch();
      this.#rested = false;
      if (!this.#runner.run(lanes[i], stamp)) this.#entangled = true;
      return true;
    }
    return false;
  }

  /** Spins until it has run a call or sees news; false when the moment is over. */
  #search(): boolean {
    if (!this.#searching) {
      this.#searching = true;
      this.#idle.startSearch(this.#endpoint.thread);
    }
    this.#spin.start();
    do {
      if (this.#runOne() || this.#hasNews()) return true;
    } while (this.#spin.again());
    return false;
  }

  /** Searching => running. */
  #endSearch(): void {
    this.#searching = false;
    if (this.#idle.endSearch(this.#endpoint.thread) && this.#hasCalls()) {
      this.#idle.wakeOne();
    }
  }

  /**
   * Parks. True when the worker is awake again; false when it left for its event loop,
   * from which it will come back.
   */
  #park(): boolean {
    const { thread } = this.#endpoint;
    this.#idle.sleep(thread);
    this.#searching = false;
    // Everything that wakes a sleeper comes after this: look once more.
    if (!this.#endpoint.tryArm() || this.#hasNews() || this.#canRun()) {
      return this.#awake();
    }
    if (!this.#needsEventLoop() && !this.#waiting) {
      this.#parker.park();
      return this.#awake();
    }
    if (!this.#waiting) {
      const wake = this.#parker.parkAsync();
      if (wake === null) return this.#awake();
      this.#waiting = true;
      wake.then(() => this.#woken());
    }
    this.#active = false;
    return false;
  }

  #awake(): true {
    this.#idle.awake(this.#endpoint.thread);
    this.#searching = true;
    this.#endpoint.disarm();
    return true;
  }

  #woken(): void {
    this.#waiting = false;
    this.#parker.takeToken();
    // A round may be on its way, from a call that this worker made meanwhile.
    if (this.#active) return;
    this.#active = true;
    this.#awake();
    this.#serve();
  }

  /** Takes in what was announced; true when the worker has to end. */
  #lookIntoNews(): boolean {
    const { control } = this.#endpoint;
    this.#news = control.news;
    if (control.stopping) {
      this.#onStop();
      return true;
    }
    this.#endpoint.drain();
    const lanes = this.#endpoint.lanes[this.#pool];
    const inUse = lanes.filter((lane) =>
      control.usesLane(lane.owner, this.#pool)
    );
    const own = (lane: Lane) => lane.owner === this.#endpoint.thread ? 1 : 0;
    this.#lanes = inUse.sort((a, b) => own(b) - own(a) || b.owner - a.owner);
    return false;
  }

  /** Whether there is something to do before the next call. */
  #hasNews(): boolean {
    const endpoint = this.#endpoint;
    return endpoint.control.news !== this.#news ||
      (this.#entangled && endpoint.hasCompletions);
  }

  #canRun(): boolean {
    return !this.#runner.mustWait() && this.#hasCalls();
  }

  #hasCalls(): boolean {
    const lanes = this.#lanes;
    for (let i = 0; i < lanes.length; i++) {
      if (lanes[i].ring.hasWork()) return true;
    }
    return false;
  }

  /** Whether anything of this worker can only happen on its event loop. */
  #needsEventLoop(): boolean {
    const { busy, shares } = this.#endpoint;
    return this.#entangled = this.#pool === ASYNC || busy || shares.sharesAny ||
      this.#runner.unfinishedCount !== 0;
  }
}
