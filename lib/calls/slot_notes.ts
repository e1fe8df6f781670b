/**
 * What the owner of a lane remembers for each slot.
 *
 * @module
 */

import { CallSites } from "./call_sites.ts";

// Flags of a slot in Lane.use. Most calls in flight have only USED.
const FREE = 0;
/** The slot holds a call. */
export const USED = 1;
/** Shutdown does not wait for the slot's call. */
export const UNTRACKED = 2;
const HAS_SITE = 4;
const HOLDS_MEMORY = 8;

/** Whether slots are in use, and what to clean up when their calls are settled. */
export class SlotNotes {
  readonly #use: Uint8Array;
  readonly #sites: CallSites;
  readonly #held = new Map<number, SharedArrayBuffer[]>();
  /** Number of calls in slots for which shutdown does not wait. */
  untrackedCount = 0;

  /** @param use One byte per slot, in shared memory, so that a replacement can read it. */
  constructor(use: Uint8Array) {
    this.#use = use;
    this.#sites = new CallSites(use.length);
  }

  /** Whether the slot holds no call. */
  isFree(slot: number): boolean {
    return this.#use[slot] === FREE;
  }

  /** Continues with a slot of a previous owner; `isLost` if its call cannot complete. */
  resume(slot: number, isLost: boolean): void {
    if (!this.isFree(slot)) this.#use[slot] = isLost ? FREE : USED;
  }

  /** Keeps buffers until the slot's call is settled. Called before its push. */
  hold(slot: number, held: SharedArrayBuffer[] | null): void {
    if (held === null) return;
    this.#held.set(slot, held);
    this.#use[slot] |= HOLDS_MEMORY;
  }

  /** Captures the site of the call that is being made, if that is worth its cost. */
  noteSite(slot: number, task: number, wakes: boolean): void {
    if (!this.#sites.isWorthIt(task, wakes)) return;
    this.#use[slot] |= HAS_SITE;
    this.#sites.capture(slot, task);
  }

  /** Stack lines of the site of the slot's failed call. */
  framesOf(slot: number, task: number): string {
    return this.#sites.framesOf(slot, task);
  }

  /** Marks the slot as free. */
  release(slot: number): void {
    if (this.#use[slot] !== USED) this.#cleanUp(slot);
    this.#use[slot] = FREE;
  }

  #cleanUp(slot: number): void {
    const use = this.#use[slot];
    if (use & UNTRACKED) this.untrackedCount--;
    if (use & HAS_SITE) this.#sites.release(slot);
    if (use & HOLDS_MEMORY) this.#held.delete(slot);
  }
}
