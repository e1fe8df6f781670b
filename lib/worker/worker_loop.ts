/**
 * What a worker does: take a call, run it, hand back the result, park.
 *
 * @module
 */

import type { Lane } from "../bridge/lane.ts";
import { ASYNC, type PoolKind } from "../bridge/layout.ts";
import type { Parker } from "../bridge/parker.ts";
import { NOTHING } from "../bridge/ring.ts";
import type { Endpoint } from "../calls/endpoint.ts";
import { EventLoopParking } from "../calls/event_loop_parking.ts";
import { Rounds } from "../calls/rounds.ts";
import { Spin } from "../calls/spin.ts";
import type { Runner } from "./runner.ts";
import { WorkerState } from "./worker_state.ts";

/** A lane that never is the nearest is looked into first once in this many calls. */
const CALLS_PER_TURN = 16;
/** The count of calls starts again behind this: a power of two, less one. */
const MAX_TAKEN_COUNT = 2 ** 24 - 1;

/**
 * Serves the lanes of one pool.
 *
 * A compute worker that runs synchronous calls only stays inside one loop and parks by
 * blocking. While a call of its own is unfinished, because it awaits something, the worker
 * returns to its event loop after each call and parks without blocking. So a task may await
 * calls that only this worker can serve. Event-loop workers always return.
 */
export class WorkerLoop {
  readonly #endpoint: Endpoint;
  readonly #runner: Runner;
  readonly #pool: PoolKind;
  readonly #state: WorkerState;
  readonly #parker: Parker;
  readonly #parking: EventLoopParking;
  readonly #spin: Spin;
  readonly #rounds = new Rounds(() => this.#serve());
  readonly #onStop: () => void;
  readonly #hasMore = () =>
    // News may be a lane that this worker does not know yet.
    this.#endpoint.control.news !== this.#news || this.#hasCalls();
  /** Calls taken so far. */
  #takenCount = 0;
  /** Lanes in use, nearest first: own calls, then other workers', then the main thread's. */
  #lanes: Lane[] = [];
  #news = -1;
  /** A call has run since the event loop last had a turn. */
  #owesTurn = false;
  /** Something may only go on from the event loop: see #updateEventLoopUse(). */
  #usesEventLoop: boolean;

  constructor(
    endpoint: Endpoint,
    runner: Runner,
    pool: PoolKind,
    workerCount: number,
    spinUs: number,
    onStop: () => void,
  ) {
    const { control, thread } = endpoint;
    this.#endpoint = endpoint;
    this.#runner = runner;
    this.#pool = pool;
    this.#state = new WorkerState(control.idle(pool, workerCount), thread);
    this.#parker = control.parkers[thread];
    this.#parking = new EventLoopParking(this.#parker, () => this.#woken());
    this.#spin = new Spin(spinUs);
    this.#onStop = onStop;
    this.#usesEventLoop = pool === ASYNC;
    endpoint.progress.activate();
  }

  /** Serves until the runtime stops. */
  start(): void {
    this.#state.resume();
    // Calls of the previous worker may be completed at any time: drain() is needed at once.
    this.#updateEventLoopUse();
    this.#serve();
  }

  /**
   * Makes sure that a round comes. Called before code on the event loop of this sleeping
   * worker submits a call: that code may run for long, so no caller may choose this worker
   * or rely on its search.
   */
  wake(): void {
    // While it is active a round runs or is scheduled, and there must never be two.
    if (!this.#endpoint.progress.isAsleep) return;
    // First: near the end of the stack the rest may fail, and the round makes up for it.
    this.#rounds.next();
    this.#wakeUp();
    this.#state.endSearch(this.#hasMore);
    this.#endpoint.progress.activate();
  }

  #serve(): void {
    const endpoint = this.#endpoint;
    if (endpoint.progress.isAsleep) this.#wakeUp();
    endpoint.progress.activate();
    this.#state.recover();
    while (true) {
      if (endpoint.control.news !== this.#news && this.#readNews()) return;
      if (this.#usesEventLoop && endpoint.drain() !== 0) {
        // The promises' reactions may run for long: no caller may rely on this worker.
        this.#state.endSearch(this.#hasMore);
        return this.#rounds.next();
      }
      if (this.#tryRunOne() || this.#search()) {
        // What a call awaits can only go on from the event loop.
        if (this.#mayUseEventLoop() && this.#updateEventLoopUse()) {
          return this.#rounds.next();
        }
      } else if (this.#usesEventLoop && this.#runner.runWaiting()) {
        return this.#rounds.next();
      } else if (this.#owesTurn) {
        this.#owesTurn = false;
        this.#state.endSearch(this.#hasMore);
        return this.#rounds.nextTurn();
      } else if (!this.#park()) {
        return;
      }
    }
  }

  /** Takes and runs one call; false when there is none. */
  #tryRunOne(): boolean {
    if (!this.#canTakeCalls()) return false;
    const lanes = this.#lanes;
    let next = this.#firstLane();
    for (let looked = 0; looked < lanes.length; looked++) {
      const lane = lanes[next];
      if (++next === lanes.length) next = 0;
      const stamp = lane.ring.tryTake();
      if (stamp === NOTHING) continue;
      this.#takenCount = (this.#takenCount + 1) & MAX_TAKEN_COUNT;
      this.#state.endSearch(this.#hasMore);
      this.#owesTurn = true;
      if (!this.#runner.run(lane, stamp)) this.#usesEventLoop = true;
      return true;
    }
    return false;
  }

  /**
   * The lane to look into first: the nearest, so that inner calls go before new ones. Every
   * few calls it is the turn of another lane, so that endless inner calls starve no lane.
   */
  #firstLane(): number {
    if (this.#takenCount % CALLS_PER_TURN !== 0) return 0;
    return (this.#takenCount / CALLS_PER_TURN) % this.#lanes.length;
  }

  /** False while results wait for room in the arena. Sends what has room now. */
  #canTakeCalls(): boolean {
    return !this.#runner.hasWaitingResults || this.#runner.trySendWaiting();
  }

  /** Spins until it has run a call or sees news; false when the time is over. */
  #search(): boolean {
    if (this.#canTakeCalls()) this.#state.startSearch();
    this.#spin.start();
    do {
      if (this.#tryRunOne() || this.#hasNews()) return true;
    } while (this.#spin.again());
    return false;
  }

  /**
   * Parks. True when the worker is awake again; false when it waits on its event loop, from
   * which it will come back.
   */
  #park(): boolean {
    this.#fallAsleep();
    // Everything that wakes a sleeper comes after this: look once more.
    if (!this.#endpoint.tryArm() || this.#hasNews() || this.#canRun()) {
      return this.#wakeUp();
    }
    if (!this.#updateEventLoopUse() && !this.#parking.isOutstanding) {
      this.#parker.park();
      return this.#wakeUp();
    }
    if (!this.#parking.tryPark()) return this.#wakeUp();
    this.#endpoint.progress.fallAsleep();
    return false;
  }

  /** While results wait for room, no caller may choose this worker. */
  #fallAsleep(): void {
    if (this.#canTakeCalls()) this.#state.fallAsleep();
    else this.#state.endSearch(this.#hasMore);
  }

  #wakeUp(): true {
    this.#endpoint.disarm();
    this.#state.wakeUp();
    return true;
  }

  /** The asynchronous wait has ended. */
  #woken(): void {
    // A round may be scheduled already, by a call that this worker made meanwhile.
    if (this.#endpoint.progress.isAsleep) this.#serve();
  }

  /** Reads what was announced; true when the worker has to end. */
  #readNews(): boolean {
    const { control } = this.#endpoint;
    this.#news = control.news;
    if (control.stopping) {
      this.#onStop();
      return true;
    }
    // The endpoint reads the same news when it drains.
    this.#usesEventLoop = true;
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
      (this.#usesEventLoop && endpoint.hasCompletions);
  }

  #canRun(): boolean {
    return this.#canTakeCalls() && this.#hasCalls();
  }

  #hasCalls(): boolean {
    const lanes = this.#lanes;
    for (let i = 0; i < lanes.length; i++) {
      if (lanes[i].ring.hasWork()) return true;
    }
    return false;
  }

  /** Cheaper than #updateEventLoopUse(), and true whenever that is. */
  #mayUseEventLoop(): boolean {
    return this.#usesEventLoop || this.#endpoint.busy;
  }

  /** Looks whether anything of this worker can only go on from its event loop. */
  #updateEventLoopUse(): boolean {
    const { busy, sharedBuffers } = this.#endpoint;
    this.#usesEventLoop = this.#pool === ASYNC || busy ||
      sharedBuffers.sharesAny || this.#runner.unfinishedCount !== 0;
    return this.#usesEventLoop;
  }
}
