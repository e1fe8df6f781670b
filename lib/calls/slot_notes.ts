/**
 * What the owner of a lane notes of each slot, beside the call itself.
 *
 * @module
 */

import { CallSites } from "./call_sites.ts";

// Flags of a slot in Lane.use. Most calls in flight are just USED.
const FREE = 0;
/** The slot holds a call. */
export const USED = 1;
/** Shutdown does not wait for it. */
export const UNTRACKED = 2;
const HAS_SITE = 4;
const HOLDS_MEMORY = 8;

/** Whether slots are in use, and what is to be undone when their calls are over. */
export class SlotNotes {
  readonly #use: Uint8Array;
  readonly #sites: CallSites;
  readonly #held = new Map<number, SharedArrayBuffer[]>();
  /** Calls in slots for which shutdown does not wait. */
  untrackedCount = 0;

  /** @param use A byte for each slot, which outlives this thread: for its successor. */
  constructor(use: Uint8Array) {
    this.#use = use;
    this.#sites = new CallSites(use.length);
  }

  /** Whether the slot holds no call. */
  isFree(slot: number): boolean {
    return this.#use[slot] === FREE;
  }

  /** Takes over a slot of an owner that has ended; `isOver` when its call will not end. */
  resume(slot: number, isOver: boolean): void {
    if (!this.isFree(slot)) this.#use[slot] = isOver ? FREE : USED;
  }

  /** Keeps buffers until the slot's call is over. Before its push. */
  hold(slot: number, held: SharedArrayBuffer[] | null): void {
    if (held === null) return;
    this.#held.set(slot, held);
    this.#use[slot] |= HOLDS_MEMORY;
  }

  /** Captures the site of the call that is being made, if that is worth it. */
  noteSite(slot: number, task: number, wakes: boolean): void {
    if (!this.#sites.isWorthIt(task, wakes)) return;
    this.#use[slot] |= HAS_SITE;
    this.#sites.capture(slot, task);
  }

  /** Stack lines of where the slot's call, which failed, was made. */
  framesOf(slot: number, task: number): string {
    return this.#sites.framesOf(slot, task);
  }

  /** The slot's call is over. */
  release(slot: number): void {
    if (this.#use[slot] !== USED) this.#undo(slot);
    this.#use[slot] = FREE;
  }

  #undo(slot: number): void {
    const use = this.#use[slot];
    if (use & UNTRACKED) this.untrackedCount--;
    if (use & HAS_SITE) this.#sites.release(slot);
    if (use & HOLDS_MEMORY) this.#held.delete(slot);
  }
}
