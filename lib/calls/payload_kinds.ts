/**
 * The kinds of payloads, the low KIND_BITS of META.
 *
 * @module
 */

// KIND_INLINE, KIND_ARENA and KIND_BYTES describe their bytes in VALUE: how many there are,
// and the block, or NO_BLOCK for the inline area.

/** No argument, or the result undefined. */
export const KIND_NONE = 0;
/** One number, in VALUE. */
export const KIND_NUMBER = 1;
/** The result false. */
export const KIND_FALSE = 2;
/** The result true. */
export const KIND_TRUE = 3;
/** Serialised in the slot's inline area. */
export const KIND_INLINE = 4;
/** Serialised in an arena: the lane's for arguments, the worker's for results. */
export const KIND_ARENA = 5;

/** The bytes of one Uint8Array, which is all of the arguments, or the result. */
export const KIND_BYTES = 6;

/** No block is free in the arena: keep the payload, and retry when one is released. */
export const NO_ROOM = -1;
/** The value must be serialised. */
export const NOT_SMALL = -2;

/** A serialised payload in private memory, which waits for a slot, a block or a buffer. */
export interface KeptPayload {
  /** KIND_NONE, KIND_NUMBER, or KIND_INLINE for any bytes. */
  readonly kind: number;
  /** The value of KIND_NUMBER. */
  readonly number: number;
  /** The bytes of KIND_INLINE; otherwise null. */
  readonly bytes: Uint8Array | null;
}
