/**
 * The steps that submit a call.
 *
 * @module
 */

import { NO_BLOCK } from "../bridge/arena.ts";
import type { IdleSet } from "../bridge/idle_set.ts";
import type { Lane } from "../bridge/lane.ts";
import { NORMAL_RING } from "../bridge/layout.ts";
import { submitted } from "../bridge/slot_state.ts";
import { type CallSlots, TIMED, UNTRACKED, USED } from "./call_slots.ts";
import type { Moment } from "./call_times.ts";
import type { CallerHost } from "./caller_host.ts";
import type { OwnedRings } from "./owned_rings.ts";
import { ANY_WORKER, type Plan, type Resolve } from "./plan.ts";

/** Submits the calls of one lane whose payloads are in shared memory. Owner only. */
export class Submissions {
  readonly #lane: Lane;
  readonly #idle: IdleSet;
  readonly #slots: CallSlots;
  readonly #host: CallerHost;
  readonly #rings: OwnedRings;
  #isAnnounced = false;
  #newResolve: Resolve = ignore;
  // One executor for all promises, to avoid a closure per call.
  readonly #executor = (resolve: Resolve): void => {
    this.#newResolve = resolve;
  };

  constructor(
    lane: Lane,
    idle: IdleSet,
    slots: CallSlots,
    host: CallerHost,
    rings: OwnedRings,
  ) {
    this.#lane = lane;
    this.#idle = idle;
    this.#slots = slots;
    this.#host = host;
    this.#rings = rings;
  }

  /** Creates the promise of a call; the next {@linkcode Submissions.takeResolve} belongs to it. */
  newPromise(): Promise<unknown> {
    return new Promise(this.#executor);
  }

  /** Returns what resolves the new promise. */
  takeResolve(): Resolve {
    const resolve = this.#newResolve;
    // It would keep the result of the last call.
    this.#newResolve = ignore;
    return resolve;
  }

  /** Submits the call of a prepared slot and returns its promise. */
  start(
    slot: number,
    task: number,
    kind: number,
    tracked: boolean,
  ): Promise<unknown> {
    const host = this.#host;
    const { guard } = host;
    if (guard.isInTasks) {
      return guard.inLibrary(() => this.start(slot, task, kind, tracked));
    }
    this.#push(slot, task, kind, tracked, undefined);
    this.#wakeWorker(slot, task, false);
    // After the push: a worker may have started. No call is settled before the next drain.
    const promise = this.newPromise();
    this.#slots.resolvers[slot] = this.takeResolve();
    if (!host.loop.isActive) host.pump();
    host.isInterrupted = false;
    return promise;
  }

  /**
   * Submits the call of a prepared slot as planned. Its VALUE is that of `lane.nextRing`.
   *
   * @param since When it was made, if it has waited for the slot.
   */
  startPlanned(
    slot: number,
    task: number,
    kind: number,
    plan: Plan,
    since: Moment | undefined,
  ): void {
    const host = this.#host;
    const { guard } = host;
    if (guard.isInTasks) {
      return guard.inLibrary(() =>
        this.startPlanned(slot, task, kind, plan, since)
      );
    }
    plan.prepare?.(slot);
    this.#push(slot, task, kind | plan.flags, plan.tracked, since);
    this.#slots.resolvers[slot] = plan.settle;
    if (plan.pushed !== undefined) {
      this.#slots.attach(slot, plan);
      plan.pushed(slot);
    }
    const { worker } = plan.place;
    if (worker === ANY_WORKER) this.#wakeWorker(slot, task, true);
    else {
      this.#idle.wakeThread(worker);
      this.#slots.noteSite(slot, task, false, true);
    }
    if (!host.loop.isActive) host.pump();
    host.isInterrupted = false;
  }

  /** Submits the call of a prepared slot that has a promise already. */
  restart(
    slot: number,
    task: number,
    kind: number,
    tracked: boolean,
    resolve: Resolve,
    since: Moment | undefined,
  ): void {
    this.#push(slot, task, kind, tracked, since);
    this.#slots.resolvers[slot] = resolve;
    this.#wakeWorker(slot, task, false);
    this.#host.isInterrupted = false;
  }

  /**
   * FREE => SUBMITTED. Near the end of the stack, any function call can throw. The push is
   * the first change, so nothing has changed when it throws. The updates after it are plain
   * writes. If a later step throws, the next drain or submission finishes this one: see
   * {@linkcode Submissions.recover}.
   */
  #push(
    slot: number,
    task: number,
    kind: number,
    tracked: boolean,
    since: Moment | undefined,
  ): void {
    const host = this.#host;
    const slots = this.#slots;
    if (host.isInterrupted) host.recover();
    if (host.loop.isAsleep) host.pump();
    if (!this.#isAnnounced) this.#announce();
    if (tracked && !host.hasTrackedWork) host.beginTrackedWork();
    const isTimed = (slot & slots.sampleMask) === 0 ||
      slots.timesAll[task] === 1;
    if (isTimed) slots.times.begin(slot, since);
    this.#lane.nextRing.push(slot, submitted(task, kind));
    host.isInterrupted = true;
    slots.head = (slots.head + 1) | 0;
    slots.freeCount--;
    this.#lane.arena.unpublished = NO_BLOCK;
    slots.tasks[slot] = task;
    if (tracked) slots.use[slot] |= USED;
    else {
      slots.use[slot] |= USED | UNTRACKED;
      slots.untrackedCount++;
    }
    if (isTimed) slots.use[slot] |= TIMED;
  }

  #wakeWorker(slot: number, task: number, isDeep: boolean): void {
    const wakes = this.#idle.needsWake();
    if (wakes) this.#idle.wakeOne();
    this.#slots.noteSite(slot, task, wakes, isDeep);
  }

  #announce(): void {
    this.#rings.use(NORMAL_RING);
    this.#isAnnounced = true;
  }

  /** Finishes a submission that threw after its push because no stack was left. */
  recover(): void {
    this.#idle.finishWake();
    // Which worker the call was for is not known any more.
    if (this.#rings.hasDirectWork()) this.#idle.wakeAll();
    else if (this.#rings.hasWork() && this.#idle.needsWake()) {
      this.#idle.wakeOne();
    }
  }
}

function ignore(): void {}
