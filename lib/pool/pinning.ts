/**
 * The pinned threads of one runtime.
 *
 * @module
 */

import { nameCurrentThread, type PinOutcome } from "../affinity/pin.ts";
import {
  addPinnedThread,
  beginPinning,
  endPinning,
  freeInheritedMasks,
  pinMainThread,
  removePinnedThread,
  restorePinnedThread,
  unpinMainThread,
} from "../affinity/pinned_threads.ts";
import { prepareUnpinStarts } from "../affinity/unpinned_starts.ts";
import type { Reservation } from "../affinity/reservation.ts";
import type { WorkerReady } from "../handshake.ts";
import type { Control } from "../bridge/control.ts";
import { formatCpuset } from "../placement/cpuset.ts";
import type { ThreadPlan } from "../runtime_facts.ts";

/** The least time between two checks of the threads' masks. */
const CHECK_EVERY_MS = 100;

/** Pins the threads of one runtime as planned, and keeps them so. */
export class Pinning {
  readonly #threads: readonly ThreadPlan[];
  readonly #control: Control;
  readonly #warn: (message: string) => void;
  readonly #reservation: Reservation | undefined;
  #hasBegun = false;
  #isMainPinned = false;
  #nextCheckMs = 0;
  /** Indices of threads of which a warning says that they are not pinned any more. */
  readonly #warned = new Set<number>();

  constructor(
    threads: readonly ThreadPlan[],
    control: Control,
    warn: (message: string) => void,
    reservation: Reservation | undefined,
  ) {
    this.#threads = threads;
    this.#control = control;
    this.#warn = warn;
    this.#reservation = reservation;
  }

  /**
   * Call it before the first worker is started.
   *
   * @returns The file in which workers record that they are pinned; null if there is none.
   */
  begin(): number | null {
    this.#hasBegun = this.#threads.some(({ cpu }) => cpu !== null);
    return this.#hasBegun ? beginPinning()?.file ?? null : null;
  }

  /** Does what takes time before {@linkcode Pinning.pinMain}, while workers start. */
  prepareMain(): void {
    if (this.#threads[0].cpu !== null) prepareUnpinStarts();
  }

  /** Pins the main thread; returns why that failed. */
  pinMain(): string | undefined {
    const [{ cpu }] = this.#threads;
    if (cpu === null) {
      this.#control.setThreadId(0, nameCurrentThread(null));
      return undefined;
    }
    const outcome = pinMainThread(cpu);
    this.#isMainPinned = true;
    this.#control.setThreadId(0, outcome.threadId);
    return outcome.failure ?? undefined;
  }

  /** A worker has pinned itself. */
  workerReady(pin: PinOutcome | null): void {
    if (pin?.pinned) addPinnedThread(pin.threadId, pin.cpu);
    if (this.#isMainPinned) this.check(true);
  }

  /** A worker has ended. */
  workerEnded(thread: number): void {
    removePinnedThread(this.#control.threadId(thread));
  }

  /**
   * Looks after the masks: those of the pinned threads, and those that others have inherited.
   *
   * @param force Whether to do that even if the last check was a short time ago.
   */
  check(force: boolean): void {
    if (!this.#hasBegun) return;
    freeInheritedMasks(force);
    const nowMs = performance.now();
    if (!force && nowMs < this.#nextCheckMs) return;
    this.#nextCheckMs = nowMs + CHECK_EVERY_MS;
    for (const plan of this.#threads) {
      if (plan.cpu !== null) this.#restore(plan, plan.cpu);
    }
  }

  /** Unpins the main thread, and gives the CPUs back. Its workers have ended, or are about to. */
  end(): void {
    if (!this.#hasBegun) return;
    freeInheritedMasks(true);
    this.#hasBegun = false;
    if (this.#isMainPinned) {
      this.#isMainPinned = false;
      unpinMainThread(this.#threads[0].cpu, this.#control.threadId(0));
    }
    endPinning();
    this.#reservation?.release();
  }

  #restore({ thread, name }: ThreadPlan, cpu: number): void {
    const threadId = this.#control.threadId(thread);
    if (threadId === 0) return;
    const cpus = restorePinnedThread(threadId, cpu);
    // None: the thread has ended, and another one takes its place.
    const isPinned = cpus.length === 0 ||
      (cpus.length === 1 && cpus[0] === cpu);
    if (isPinned) {
      this.#warned.delete(thread);
    } else if (!this.#warned.has(thread)) {
      this.#warned.add(thread);
      this.#warn(
        `loom: thread ${name} is not pinned to CPU ${cpu} any more: ` +
          `the kernel runs it on ${formatCpuset(cpus)}`,
      );
    }
  }
}

/** Why the first of the workers that could not be pinned was not; undefined if all were. */
export function firstFailure(
  ready: readonly WorkerReady[],
): string | undefined {
  return ready.find(({ pin }) => pin !== null && pin.failure !== null)?.pin
    ?.failure ?? undefined;
}
