/**
 * The kinds of payloads, the low KIND_BITS of META.
 *
 * @module
 */

/** No argument, or the result undefined. */
export const KIND_NONE = 0;
/** One number, in VALUE. */
export const KIND_NUMBER = 1;
/** One value: false. */
export const KIND_FALSE = 2;
/** One value: true. */
export const KIND_TRUE = 3;
/** One value: null. */
export const KIND_NULL = 4;

// From here on, VALUE describes bytes: how many there are, and their block in an arena (the
// lane's for arguments, the worker's for results), or NO_BLOCK for the slot's inline area.

/** The first kind with bytes. */
export const KIND_WITH_BYTES = 5;

/** Several arguments, serialised. */
export const KIND_LIST = 5;
/** One value, serialised. */
export const KIND_VALUE = 6;
/** The bytes of one Uint8Array. */
export const KIND_BYTES = 7;

/** The value must be serialised. */
export const NOT_SMALL = -2;

/** A serialised payload in private memory, which waits for a slot, a block or a buffer. */
export interface KeptPayload {
  /** A kind without bytes, KIND_LIST or KIND_VALUE. */
  readonly kind: number;
  /** The value of KIND_NUMBER. */
  readonly number: number;
  /** The bytes of KIND_LIST or KIND_VALUE; otherwise null. */
  readonly bytes: Uint8Array | null;
}

/** The kind of a value that has neither a number nor bytes, or NOT_SMALL. */
export function kindOfConstant(value: unknown): number {
  if (value === null) return KIND_NULL;
  return typeof value === "boolean"
    ? value ? KIND_TRUE : KIND_FALSE
    : NOT_SMALL;
}

/** The value of KIND_FALSE, KIND_TRUE or KIND_NULL. */
export function constantOf(kind: number): boolean | null {
  return kind === KIND_NULL ? null : kind === KIND_TRUE;
}

/** The kind of arguments that are serialised. */
export function kindOfMessage(args: readonly unknown[]): number {
  return args.length === 1 ? KIND_VALUE : KIND_LIST;
}
