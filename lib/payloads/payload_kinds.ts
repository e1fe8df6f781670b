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

// A call for several items runs its task on each: see lib/calls/items.ts. Its result has one of
// these kinds, too.

/** The first kind of a call for several items. */
export const KIND_OF_ITEMS = 8;
/** Several numbers, as float64. */
export const KIND_NUMBERS = 8;
/** Several values, serialised independently of each other. */
export const KIND_ITEMS = 9;
/** Results of some items, or errors, each as a message of its own: serialised. */
export const KIND_SOME = 10;
/** As KIND_ITEMS, and last a list: how to run the items, and the arguments after each. */
export const KIND_ITEMS_WITH = 11;

/** Bytes of a message with a Uint8Array that are not those of the array, at most. */
export const MESSAGE_BYTES = 24;

/** Added to the kind of the arguments of a controlled call: see bridge/call_words.ts. */
export const CONTROLLED = 16;

/**
 * Added to the kind of the arguments of a wrapped call. Its last argument says what runs around
 * its function: see calls/wrappers.ts.
 */
export const WRAPPED = 32;

/** The value must be serialised. */
export const NOT_SMALL = -2;

/** A serialised payload in private memory, which waits for a slot, a block or a buffer. */
export interface KeptPayload {
  /** A kind without bytes, KIND_LIST, KIND_VALUE, KIND_ITEMS or KIND_ITEMS_WITH. */
  readonly kind: number;
  /** The value of KIND_NUMBER. */
  readonly number: number;
  /** The bytes of a kind that is serialised; otherwise null. */
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

/** The arguments of a kind without bytes. */
export function argumentsOf(kind: number, number: number): unknown[] {
  if (kind === KIND_NUMBER) return [number];
  return kind === KIND_NONE ? [] : [constantOf(kind)];
}

/** The kind of arguments that are serialised. */
export function kindOfMessage(args: readonly unknown[]): number {
  return args.length === 1 ? KIND_VALUE : KIND_LIST;
}
