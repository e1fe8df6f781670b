/**
 * What a worker does: take a call, run it, hand back the result, park.
 *
 * @module
 */

import type { Endpoint } from "../calls/endpoint.ts";
import type { IdleSet } from "../bridge/idle_set.ts";
import type { Lane } from "../bridge/lane.ts";
import { ASYNC, type PoolKind } from "../bridge/layout.ts";
import type { Parker } from "../bridge/parker.ts";
import { NOTHING } from "../bridge/ring.ts";
import { Rounds } from "../calls/rounds.ts";
import { Spin } from "../calls/spin.ts";
import type { Runner } from "./runner.ts";

/**
 * Serves the lanes of one pool.
 *
 * While it only runs synchronous calls, a compute worker stays inside one loop and parks by
 * blocking. As long as a call of its own is unfinished, because it awaits something, the
 * worker goes back to its event loop after each call and parks without blocking: so a task
 * may await calls that only this very worker can serve. Event-loop workers always do that.
 */
export class WorkerLoop {
  readonly #endpoint: Endpoint;
  readonly #runner: Runner;
  readonly #pool: PoolKind;
  readonly #idle: IdleSet;
  readonly #parker: Parker;
  readonly #spin: Spin;
  readonly #rounds = new Rounds(() => this.#serve());
  readonly #onStop: () => void;
  /** Lanes in use, nearest first: own calls before those of others, the main thread last. */
  #lanes: Lane[] = [];
  #news = -1;
  #searching = false;
  /** This worker is in the set of sleepers. */
  #canBeChosen = false;
  /** An asynchronous wait was not answered yet. */
  #waiting = false;
  /** The event loop had a turn since the last call. */
  #rested = true;
  /** Something may need the event loop: see {@linkcode WorkerLoop.#needsEventLoop}. */
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
    // A round is always running or on its way, but for the time when it is asleep.
    endpoint.active = true;
  }

  /** Serves until the runtime stops. */
  start(): void {
    this.#idle.resume(this.#endpoint.thread);
    // Calls of the worker before may be completed at any time: drain() is needed at once.
    this.#needsEventLoop();
    this.#serve();
  }

  /**
   * Makes sure that a round comes. Called before a call is submitted from the event loop
   * on which this worker sleeps: the code that submits it may go on for long, so nobody may
   * choose this worker to serve it, or rely on its search.
   */
  wake(): void {
    // Awake: a round is running or on its way, and there must never be two.
    if (!this.#endpoint.asleep) return;
    this.#endpoint.asleep = false;
    this.#awake();
    if (this.#searching) this.#endSearch();
    this.#rounds.next();
  }

  #serve(): void {
    const endpoint = this.#endpoint;
    while (true) {
      if (endpoint.control.news !== this.#news && this.#lookIntoNews()) return;
      if (this.#entangled && endpoint.drain() !== 0) {
        // The promises' reactions may run for long: meanwhile nobody may rely on this worker.
        if (this.#searching) this.#endSearch();
        return this.#rounds.next();
      }
      if (this.#runOne()) {
        // What the call awaits can only go on from the event loop.
        if (this.#mayNeedEventLoop() && this.#needsEventLoop()) {
          return this.#rounds.next();
        }
      } else if (this.#entangled && this.#runner.runWaiting()) {
        return this.#rounds.next();
      } else if (this.#search()) {
        // Completions, news or a call, which has been run: look again.
        if (this.#mayNeedEventLoop() && this.#needsEventLoop()) {
          return this.#rounds.next();
        }
      } else if (!this.#rested) {
        if (this.#searching) this.#endSearch();
        this.#rested = true;
        return this.#rounds.nextTurn();
      } else if (!this.#park()) {
        return;
      }
    }
  }

  /** Takes and runs one call; false when there is none. */
  #runOne(): boolean {
    if (!this.#runner.canTakeCalls()) return false;
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
    if (!this.#searching && this.#runner.canTakeCalls()) this.#startSearch();
    this.#spin.start();
    do {
      if (this.#runOne() || this.#hasNews()) return true;
    } while (this.#spin.again());
    return false;
  }

  /** Running => searching. */
  #startSearch(): void {
    this.#searching = true;
    this.#idle.startSearch(this.#endpoint.thread);
  }

  /** Searching => running. */
  #endSearch(): void {
    this.#searching = false;
    const { control, thread } = this.#endpoint;
    if (!this.#idle.endSearch(thread)) return;
    // News may be a lane that this worker does not know yet.
    if (control.news !== this.#news || this.#hasCalls()) this.#idle.wakeOne();
  }

  /**
   * Parks. True when the worker is awake again; false when it left for its event loop,
   * from which it will come back.
   */
  #park(): boolean {
    this.#fallAsleep();
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
    this.#endpoint.asleep = true;
    return false;
  }

  /** Searching => asleep. While results wait for room, nobody may choose this worker. */
  #fallAsleep(): void {
    if (!this.#runner.canTakeCalls()) {
      if (this.#searching) this.#endSearch();
      return;
    }
    if (!this.#searching) this.#startSearch();
    this.#idle.sleep(this.#endpoint.thread);
    this.#searching = false;
    this.#canBeChosen = true;
  }

  /** Asleep => searching, or running as before. */
  #awake(): true {
    this.#endpoint.disarm();
    if (this.#canBeChosen) {
      this.#canBeChosen = false;
      this.#idle.awake(this.#endpoint.thread);
      this.#searching = true;
    }
    return true;
  }

  #woken(): void {
    this.#waiting = false;
    this.#parker.takeToken();
    // A round may be on its way, from a call that this worker made meanwhile.
    if (!this.#endpoint.asleep) return;
    this.#endpoint.asleep = false;
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
    // The endpoint looks into the same news when it drains.
    this.#entangled = true;
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
    return this.#runner.canTakeCalls() && this.#hasCalls();
  }

  #hasCalls(): boolean {
    const lanes = this.#lanes;
    for (let i = 0; i < lanes.length; i++) {
      if (lanes[i].ring.hasWork()) return true;
    }
    return false;
  }

  /** Whether it is worth asking {@linkcode WorkerLoop.#needsEventLoop}. */
  #mayNeedEventLoop(): boolean {
    return this.#entangled || this.#endpoint.busy;
  }

  /** Whether anything of this worker can only happen on its event loop. */
  #needsEventLoop(): boolean {
    const { busy, sharedBuffers } = this.#endpoint;
    return this.#entangled = this.#pool === ASYNC || busy ||
      sharedBuffers.sharesAny ||
      this.#runner.unfinishedCount !== 0;
  }
}
