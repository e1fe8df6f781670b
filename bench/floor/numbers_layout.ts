/**
 * What the two sides of the floor for numbers share.
 *
 * @module
 */

// The memory, in Int32 words. Words that different threads write are 16 words apart, so
// that each has a cache line of its own.
//   word  name           written by  meaning
//   0     SUBMITTED      caller      calls submitted so far
//   16    FINISHED       worker      calls finished so far
//   32    WORKER_PARKED  worker      1 while it sleeps on SUBMITTED
//   48    CALLER_PARKED  both        1 while the caller sleeps on this word
//   64    SLOTS          both        CAPACITY slots of SLOT_WORDS words:
//                                    function, unused, argument and then result (f64)

export const SUBMITTED = 0;
export const FINISHED = 16;
export const WORKER_PARKED = 32;
export const CALLER_PARKED = 48;
export const SLOTS = 64;
export const SLOT_WORDS = 4;
/** Slots of the ring; a power of two. */
export const CAPACITY = 2048;
export const MEMORY_BYTES = (SLOTS + CAPACITY * SLOT_WORDS) * 4;

/** The word at which the slot of a call begins. */
export function slotOf(call: number): number {
  return SLOTS + (call & (CAPACITY - 1)) * SLOT_WORDS;
}

/** The f64 of a slot: its argument, then its result. */
export function numberOf(slot: number): number {
  return (slot >> 1) + 1;
}

/** The number of the function `(n) => n + 1`, the only one there is. */
export const ADD_ONE = 0;
