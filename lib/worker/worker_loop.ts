/**
 * The loop of a worker: takes calls, runs them, and parks when there are none.
 *
 * @module
 */

import { ASYNC, type PoolKind } from "../bridge/layout.ts";
import { EndingError } from "../bridge/task_guard.ts";
import type { Parker } from "../bridge/parker.ts";
import { NOTHING } from "../bridge/ring.ts";
import type { Endpoint } from "../calls/endpoint.ts";
import type { IdleMemory } from "../payloads/idle_memory.ts";
import { EventLoopParking } from "../calls/event_loop_parking.ts";
import { Rounds } from "../calls/rounds.ts";
import type { SpareArray } from "../payloads/spare_array.ts";
import { Spin } from "../calls/spin.ts";
import { BusyTime } from "./busy_time.ts";
import type { Growth } from "./growth.ts";
import { OpenRings } from "./open_rings.ts";
import { OutsideOfTasks } from "./outside_of_tasks.ts";
import type { Runner } from "./runner.ts";
import { sourcesInOrder } from "./sources.ts";
import { WorkerState } from "./worker_state.ts";

/**
 * How long a worker blocks at most before it returns to its event loop, in milliseconds.
 * Only there does Deno end a worker whose main thread is gone without a word, as after an
 * uncaught error under `deno --watch`.
 */
const LONGEST_PARK_MS = 20_000;

/** What a worker's loop reports, each at most once. */
export interface LoopEvents {
  /** The runtime has stopped. */
  stopped(): void;
  /** The worker was to retire, has no calls and takes none. */
  retired(): void;
  /** Calls of another priority than normal are in use. */
  urgent(): void;
  /** An error of the worker itself must end it. */
  failed(error: unknown): never;
}

/**
 * Serves the lanes of one pool.
 *
 * A compute worker that runs only synchronous calls stays inside one loop, and blocks when
 * it parks. While a task awaits something, the worker returns to its event loop after each
 * call and parks without blocking, so a task may await calls that only this worker can
 * serve. An event-loop worker always returns to its event loop.
 */
export class WorkerLoop {
  readonly #endpoint: Endpoint;
  readonly #memory: IdleMemory;
  readonly #spare: SpareArray;
  readonly #runner: Runner;
  readonly #pool: PoolKind;
  readonly #state: WorkerState;
  readonly #parker: Parker;
  readonly #parking: EventLoopParking;
  readonly #spin: Spin;
  readonly #busy: BusyTime;
  readonly #rounds = new Rounds(() => this.#serve());
  readonly #outside = new OutsideOfTasks();
  readonly #events: LoopEvents;
  readonly #growth: Growth;
  readonly #open: OpenRings;
  readonly #wakeNext = () => {
    // The news may be a lane that this worker does not know yet.
    if (this.#endpoint.control.news !== this.#news || this.#open.hasCalls()) {
      this.#state.wakeOther(false);
    } else if (this.#open.leavesCalls()) this.#state.wakeOther(true);
  };
  /** Number of calls taken since the last look at the growth of this worker. */
  #takenCount = 0;
  #news = -1;
  /** A call has run since timers and I/O last ran. */
  #needsTurn = false;
  /** Nothing woke this worker but the limit of its park, so it does not spin. */
  #isResting = false;
  /** It ends as soon as it has no calls: its successor waits. */
  #isRetiring = false;
  /** The runtime has stopped, or this worker exits. */
  #hasStopped = false;
  /** Whether something can continue only in the event loop: see #updateEventLoopUse(). */
  #usesEventLoop: boolean;

  /**
   * @param pool The pool that this worker serves.
   * @param workerCount Number of workers of that pool.
   * @param spinUs How long to spin before parking.
   * @param growth Told how many calls were taken.
   */
  constructor(
    endpoint: Endpoint,
    runner: Runner,
    pool: PoolKind,
    workerCount: number,
    spinUs: number,
    events: LoopEvents,
    growth: Growth,
  ) {
    const { control, thread } = endpoint;
    this.#endpoint = endpoint;
    this.#memory = endpoint.memory;
    this.#spare = endpoint.payloads.spare;
    this.#runner = runner;
    this.#pool = pool;
    this.#state = new WorkerState(control.idle(pool, workerCount), thread);
    this.#parker = control.parkers[thread];
    this.#parking = new EventLoopParking(this.#parker, () => this.#woken());
    this.#spin = new Spin(spinUs);
    this.#busy = new BusyTime(endpoint.metrics);
    this.#events = events;
    this.#growth = growth;
    this.#open = new OpenRings(() => events.urgent());
    this.#usesEventLoop = pool === ASYNC;
    runner.watchFewer(() => this.#noteFewer());
    endpoint.loop.activate();
  }

  /** Serves until the runtime stops. */
  start(): void {
    this.#state.resume();
    // Calls that the previous worker made may complete at any time: drain from the start.
    this.#updateEventLoopUse();
    this.#serve();
  }

  /** The worker exits: no round runs any more. */
  stop(): void {
    this.#hasStopped = true;
  }

  /**
   * Makes this worker active and schedules a round. Called before code in the event loop
   * submits a call while the worker is asleep. That code may run for long, so callers must
   * neither choose this worker nor rely on its search.
   */
  wake(): void {
    // An active worker runs or has scheduled a round, and must not have a second one.
    if (!this.#endpoint.loop.isAsleep) return;
    const { guard } = this.#endpoint;
    if (guard.isInTasks) return guard.inLibrary(() => this.wake());
    // First: if no stack is left for a later step, the round repeats it.
    this.#outside.run(() => this.#rounds.next());
    this.#wakeUp();
    this.#state.endSearch(this.#wakeNext);
    this.#endpoint.loop.activate();
  }

  #serve(): void {
    if (this.#hasStopped) return;
    const { guard } = this.#endpoint;
    try {
      if (guard.isInTasks) guard.toLibrary();
      this.#serveRound();
      if (guard.isActive) guard.toTasks();
    } catch (error) {
      if (error instanceof EndingError) return;
      // The loop has stopped, so the worker must end, whichever call's code runs.
      this.#events.failed(error);
    }
  }

  #serveRound(): void {
    const endpoint = this.#endpoint;
    if (endpoint.loop.isAsleep) this.#wakeUp();
    endpoint.loop.activate();
    this.#state.recover();
    while (true) {
      if (this.#hasNews) {
        if (this.#readNews()) return;
        if (this.#runner.hasDeferred) this.#runDeferred();
        if (this.#runner.watchesSignals) this.#abortCancelled();
      }
      if (this.#isRetiring && this.#mayRetire) return this.#retire();
      if (this.#usesEventLoop && endpoint.drain() !== 0) {
        // Reactions of promises may run for long: callers must not rely on this worker.
        this.#state.endSearch(this.#wakeNext);
        return this.#rounds.next();
      }
      if (this.#tryRunOne() || this.#search()) {
        // A task that awaits something continues only in the event loop.
        if (this.#mayUseEventLoop() && this.#updateEventLoopUse()) {
          this.#updateFull();
          return this.#rounds.next();
        }
      } else if (this.#usesEventLoop && this.#runner.runWaiting()) {
        return this.#rounds.next();
      } else if (this.#needsTurn) {
        this.#needsTurn = false;
        this.#state.endSearch(this.#wakeNext);
        return this.#rounds.nextTurn();
      } else if (this.#memory.isDue) {
        this.#state.endSearch(this.#wakeNext);
        this.#memory.look();
      } else if (!this.#park()) {
        return;
      }
    }
  }

  #look(): void {
    this.#takenCount = 0;
    this.#growth.look();
  }

  /** Whether nothing here is unfinished: no call that it runs, and none that it has made. */
  get #mayRetire(): boolean {
    return !this.#endpoint.awaitsAny && !this.#endpoint.isInterrupted &&
      this.#runner.unfinishedCount === 0 && !this.#runner.results.areWaiting;
  }

  /** Callers rely on this worker no more; its successor takes what waits in the rings. */
  #retire(): void {
    this.#state.endSearch(this.#wakeNext);
    this.stop();
    this.#events.retired();
  }

  /** Runs deferred calls whose buffers have arrived. */
  #runDeferred(): void {
    this.#state.endSearch(this.#wakeNext);
    this.#needsTurn = true;
    this.#runner.runDeferred();
    this.#updateFull();
  }

  /** Aborts the signals of calls that were cancelled, which runs listeners of tasks. */
  #abortCancelled(): void {
    this.#state.endSearch(this.#wakeNext);
    this.#needsTurn = true;
    this.#runner.abortCancelled();
    this.#updateFull();
  }

  /** Takes and runs one call; false when no ring has one. */
  #tryRunOne(): boolean {
    if (!this.#trySendResults()) return false;
    const open = this.#open;
    const { rings } = open;
    let next = rings.length === 1 ? 0 : open.firstIndex(this.#takenCount);
    for (let checked = 0; checked < rings.length; checked++) {
      const index = next;
      if (++next === rings.length) next = 0;
      const stamp = rings[index].tryTake();
      if (stamp === NOTHING) continue;
      if (++this.#takenCount === this.#growth.callsPerLook) this.#look();
      this.#state.endSearch(this.#wakeNext);
      this.#needsTurn = true;
      const { lane, priority } = open.sources[index];
      if (!this.#runner.run(lane, stamp, priority)) this.#usesEventLoop = true;
      return true;
    }
    return false;
  }

  /** Sends waiting results; false, and no call may be taken, while some still wait. */
  #trySendResults(): boolean {
    const { results } = this.#runner;
    return !results.areWaiting || results.trySendWaiting();
  }

  /** Spins until it has run a call or there is news; false when the time is over. */
  #search(): boolean {
    if (this.#trySendResults()) this.#state.startSearch();
    this.#endpoint.endTrackedWork();
    this.#spare.prepare();
    const spin = this.#spin;
    this.#busy.search();
    spin.start();
    do {
      if (this.#tryRunOne() || this.#hasNews || this.#hasCompletions) {
        if (spin.firstMs !== 0) this.#busy.find(spin.firstMs, spin.lastMs);
        return true;
      }
    } while (!this.#isResting && spin.again());
    this.#busy.end(spin.firstMs);
    return false;
  }

  /**
   * Parks the worker.
   *
   * @returns True when it is awake again; false when it waits in its event loop, which
   * continues the loop later.
   */
  #park(): boolean {
    this.#fallAsleep();
    // Check again: what came before this point has not unparked this worker.
    const { control } = this.#endpoint;
    if (
      !this.#endpoint.tryArm() || control.news !== this.#news ||
      this.#hasCompletions || this.#canRun()
    ) return this.#wakeUp();
    // Callers may have relied on the search of this worker.
    if (this.#open.leavesCalls()) this.#state.wakeOtherIfNeeded();
    if (!this.#updateEventLoopUse() && !this.#parking.isOutstanding) {
      // After the limit, the event loop can end this worker.
      const limitMs = this.#memory.isHeld
        ? Math.min(this.#memory.waitMs, LONGEST_PARK_MS)
        : LONGEST_PARK_MS;
      this.#busy.park();
      this.#isResting = !this.#parker.park(limitMs);
      if (!this.#isResting) this.#busy.wake();
      this.#needsTurn = this.#isResting;
      return this.#wakeUp();
    }
    if (!this.#parking.tryPark()) return this.#wakeUp();
    this.#busy.park();
    if (this.#memory.isHeld) this.#memory.startTimer();
    this.#outside.capture();
    this.#endpoint.loop.fallAsleep();
    return false;
  }

  /** While results wait for a block, the worker leaves the idle set: it takes no calls. */
  #fallAsleep(): void {
    if (this.#trySendResults()) this.#state.fallAsleep();
    else this.#state.endSearch(this.#wakeNext);
  }

  #wakeUp(): true {
    this.#endpoint.disarm();
    this.#state.wakeUp();
    this.#busy.start();
    return true;
  }

  /** The asynchronous wait has ended. */
  #woken(): void {
    this.#busy.wake();
    // A call that this worker made may have scheduled a round before the wait ended.
    if (this.#endpoint.loop.isAsleep) this.#serve();
  }

  /** Handles announced changes; true when the worker must end. */
  #readNews(): boolean {
    const { control } = this.#endpoint;
    this.#news = control.news;
    if (control.stopping) {
      this.stop();
      this.#events.stopped();
      return true;
    }
    const { thread, serial } = this.#endpoint;
    this.#isRetiring = control.isRetiring(thread, serial);
    // drain() must run: the endpoint handles the same news there.
    this.#usesEventLoop = true;
    this.#open.replace(sourcesInOrder(this.#endpoint, this.#pool));
    return false;
  }

  /** While no one relies on this worker, after calls that may have become unfinished. */
  #updateFull(): void {
    const { isFull } = this.#runner;
    if (isFull === this.#open.isFull) return;
    this.#state.setFull(isFull);
    this.#open.setFull(isFull);
  }

  /** A call of the main thread has settled, perhaps while this worker sleeps. */
  #noteFewer(): void {
    if (this.#isRetiring) this.wake();
    if (!this.#open.isFull) return;
    this.#updateFull();
    // After the update: callers that saw a full worker have not woken it.
    if (!this.#open.isFull) this.wake();
  }

  /** Whether there is news to read before the next call is taken. */
  get #hasNews(): boolean {
    return this.#endpoint.control.recentNews !== this.#news;
  }

  /** Whether there is something to drain before the next call is taken. */
  get #hasCompletions(): boolean {
    return this.#usesEventLoop && this.#endpoint.hasCompletions;
  }

  #canRun(): boolean {
    return this.#trySendResults() && this.#open.hasCalls();
  }

  /** Cheaper than #updateEventLoopUse(), and true whenever that would be. */
  #mayUseEventLoop(): boolean {
    return this.#usesEventLoop || this.#endpoint.awaitsAny;
  }

  /** Updates and returns whether something can continue only in the event loop. */
  #updateEventLoopUse(): boolean {
    const { awaitsAny, sharedBuffers } = this.#endpoint;
    this.#usesEventLoop = this.#pool === ASYNC || awaitsAny ||
      sharedBuffers.sharesAny || this.#runner.unfinishedCount !== 0 ||
      this.#runner.results.isHeldUp;
    return this.#usesEventLoop;
  }
}
