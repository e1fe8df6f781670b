/**
 * The first byte of every value in a message, and the numbers inside it.
 *
 * A message is
 *
 *     u32 structureBytes | structure | pad to 8 | attachment 0 | pad to 8 | ...
 *
 * The structure holds the values in order. Buffers too large to be worth a
 * second copy stand behind it as attachments, in the order in which the
 * structure mentions them. Every object gets the next number when its tag is
 * read, so `REFERENCE n` means "the n-th object of this message".
 *
 * @module
 */

export const UNDEFINED = 0;
export const NULL = 1;
export const TRUE = 2;
export const FALSE = 3;
/** Zigzag varint. */
export const INTEGER = 4;
/** Eight bytes, little-endian. */
export const FLOAT = 5;
/** Eight bytes, little-endian, two's complement. */
export const BIGINT64 = 6;
/** Sign byte, then the magnitude as hexadecimal text. */
export const BIGINT = 7;
export const STRING = 8;
/** Number of an object that this message already holds. */
export const REFERENCE = 9;

/** Length of an ASCII text that is an attachment. */
export const LONG_TEXT = 23;

export const OBJECT = 10;
export const ARRAY = 11;
export const MAP = 12;
export const SET = 13;
export const ERROR = 14;
/** Before the tag of a container: its contents follow once the value around it is complete. */
export const LATER = 15;

export const DATE = 16;
export const REGEXP = 17;
export const WRAPPER = 18;
export const BUFFER = 19;
export const SHARED_BUFFER = 20;
export const VIEW = 21;
/** Only in the encoder: an object that cannot be sent. */
export const REFUSED = 22;

/** Tags from here on are the integers 0 to 127 themselves. */
export const SMALL_INTEGER = 128;

/** Buffers above this many bytes become attachments: copied once instead of twice. */
export const INLINE_BYTES = 256;

/** ASCII texts above this length become attachments. */
export const INLINE_TEXT = 1 << 16;

/** Containers nested deeper are written LATER, so that no list is too long for the stack. */
export const MAX_DEPTH = 200;

/** The byte after ARRAY: how the elements follow. */
export const SPARSE = 0;
export const DENSE = 1;
export const NUMBERS_FIRST = 2;
/** Dense arrays from this length on are NUMBERS_FIRST. */
export const NUMBERS_LENGTH = 16;

/** Bits of the byte after BUFFER. */
export const ATTACHED = 1;
export const RESIZABLE = 2;

/** The next multiple of 8, where attachments and messages begin. */
export function align8(byteLength: number): number {
  return Math.ceil(byteLength / 8) * 8;
}
