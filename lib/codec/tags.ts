/**
 * The tags of a message: the first byte of every value, and other constants of the format.
 *
 * A message is
 *
 *     u32 structureBytes | structure | pad to 8 | attachment 0 | pad to 8 | ...
 *
 * The structure contains the values in order. Large buffers and texts follow as attachments,
 * in the order in which the structure refers to them, which saves one copy. Each object gets
 * the next number when its tag is read, so `REFERENCE n` is object `n` of the message.
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
/** Number of an object that the message already contains. */
export const REFERENCE = 9;

/** Length of an ASCII text that is an attachment. */
export const LONG_TEXT = 23;

export const URL = 24;
export const URL_SEARCH_PARAMS = 25;
/** A view of all of an ArrayBuffer of fixed length, which follows without a tag of its own. */
export const WHOLE_VIEW = 27;
/**
 * A plain object: the number of its shape (see known_shapes.ts), then its values. It can be
 * created after them: no value refers to it, and each is there.
 */
export const SHAPED = 29;
/** Like SHAPED without that promise. Differs in one bit, because it is known only later. */
export const SHAPED_OPEN = 28;
/** In place of a value: a getter has deleted the property, or has shortened the array. */
export const ABSENT = 26;

export const OBJECT = 10;
export const ARRAY = 11;
export const MAP = 12;
export const SET = 13;
export const ERROR = 14;
/** Precedes the tag of a container whose contents follow after the enclosing value. */
export const LATER = 15;

export const DATE = 16;
export const REGEXP = 17;
export const WRAPPER = 18;
export const BUFFER = 19;
export const SHARED_BUFFER = 20;
export const VIEW = 21;
/** Used in the encoder only: an object that cannot be sent. */
export const REFUSED = 22;
/** Used in the encoder only: an OBJECT whose prototype is that of Object. */
export const PLAIN = 30;
/** An object that is moved: its index among those of the message. */
export const MOVED = 32;
/** A shared value: the buffer with its copy, then the buffers in the value. */
export const SHARED_VALUE = 31;
/** An object that crosses by reference: the name of its class, then the memory's reference. */
export const BY_REFERENCE = 33;

/** Tags from here on are the integers 0 to 127 themselves. */
export const SMALL_INTEGER = 128;

/** Buffers of more bytes than this become attachments, which are copied only once. */
export const INLINE_BYTES = 256;

/** ASCII texts above this length become attachments. */
export const INLINE_TEXT = 1 << 16;

/** Containers nested deeper are written LATER, so that recursion cannot exhaust the stack. */
export const MAX_DEPTH = 200;

/** The byte after an array's length: how the elements are written. */
export const SPARSE = 0;
export const DENSE = 1;
export const NUMBERS_FIRST = 2;
/** Dense arrays of at least this length are NUMBERS_FIRST. */
export const NUMBERS_LENGTH = 16;

/** The byte before each property of an error; 0 after the last one. */
export const ENUMERABLE = 1;
export const HIDDEN = 2;

/** Bit of the index of an error's class: the name of a registered class follows. */
export const REGISTERED = 128;

/** Bits of the byte after BUFFER. */
export const ATTACHED = 1;
export const RESIZABLE = 2;

/** Rounds up to a multiple of 8, at which attachments and messages begin. */
export function align8(byteLength: number): number {
  return byteLength + (-byteLength & 7);
}
