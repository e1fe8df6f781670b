/**
 * The bytes of one NATS message: a header of 8 bytes, a message of the codec or the name of
 * a stored object, and a short text.
 *
 *     byte   0      VERSION of this format and of the codec
 *            1      kind of the message
 *            2      flags
 *            3      length of the text in bytes
 *            4..7   a number, little-endian: milliseconds left, or milliseconds taken
 *            8..    the body; then the text in UTF-8
 *
 * Bytes 0 to 3, the text at the end, and which kinds hosts send (16 and above) are the same in
 * each version, so that each version can say who sent a message that it does not understand.
 *
 * @module
 */

import type { EncodedMessage } from "../codec/encoder.ts";
import { ClusterVersionError } from "../errors.ts";

/** Version of the format. It changes with every change of the codec's bytes. */
export const VERSION = 1;

/** Length of the header in bytes; a multiple of 8, as the codec needs it. */
export const HEADER_BYTES = 8;
/** Most bytes that a frame adds to its body. */
export const MAX_FRAME_BYTES = HEADER_BYTES + 255;

/** What a message is. Constants, because a frame is read for each message. */
export const KIND = {
  /** Arguments of a call. */
  CALL: 1,
  /** Items of a durable map. */
  ITEMS: 2,
  /** The caller no longer waits; the text is the reply subject of the call. */
  CANCEL: 3,
  /** The result of a call. */
  RESULT: 16,
  /** What a call threw. */
  ERROR: 17,
  /** The host has no room for the call. */
  BUSY: 18,
  /** The host works on the call; the text is the host's id. */
  WORKING: 19,
  /** Results of items of a durable map. */
  RESULTS: 20,
  /** What a task reports while it runs. */
  REPORT: 21,
} as const;

/** The body is the name of an object in the object store. */
export const STORED = 1;
/** The caller may cancel: the host says who it is. */
export const CANCELLABLE = 2;
/** The caller listens to reports. */
export const LISTENING = 4;
/** The last argument is how long the call may wait for a worker, in milliseconds. */
export const QUEUE_LIMITED = 8;

/** A frame that was read. */
export interface Frame {
  readonly kind: number;
  readonly flags: number;
  readonly number: number;
  /** The short text: who sent the message, or the version of the tasks. */
  readonly text: string;
  /** The whole message; the body begins at HEADER_BYTES. */
  readonly bytes: Uint8Array;
  /** Length of the body in bytes. */
  readonly bodyBytes: number;
}

/** What stands in the header and the text. */
export interface FrameHead {
  readonly kind: number;
  readonly flags?: number;
  readonly number?: number;
  readonly text?: string;
}

/** Writes a body into a frame, from `HEADER_BYTES` on. */
export type BodyWriter = Pick<EncodedMessage, "copyInto">;

/** Frames up to this size are made in memory that is used again. */
const SMALL_BYTES = 4096;
/** Of one message, such memory would cost more than all else. */
const small = new Uint8Array(SMALL_BYTES);

const encoder = new TextEncoder();
const decoder = new TextDecoder();
const NOTHING = new Uint8Array(0);
const NO_BODY: BodyWriter = { copyInto: () => {} };
/** The texts that were written and read last: most messages of a process have the same. */
let lastWritten = { text: "", encoded: NOTHING };
let lastRead = lastWritten;

/** Makes a frame with a body. */
export function writeFrame(
  { kind, flags = 0, number = 0, text = "" }: FrameHead,
  bodyBytes: number = 0,
  body: BodyWriter = NO_BODY,
): Uint8Array<ArrayBuffer> {
  const encoded = encodeText(text);
  const length = HEADER_BYTES + bodyBytes + encoded.length;
  const isSmall = length <= SMALL_BYTES;
  const bytes = isSmall ? small : new Uint8Array(length);
  // The body may leave bytes out; none of another message may be there.
  if (isSmall) small.fill(0, 0, length);
  bytes[0] = VERSION;
  bytes[1] = kind;
  bytes[2] = flags;
  bytes[3] = encoded.length;
  const limited = Math.min(Math.max(0, Math.ceil(number)), 0xffffffff);
  bytes[4] = limited;
  bytes[5] = limited >>> 8;
  bytes[6] = limited >>> 16;
  bytes[7] = limited >>> 24;
  body.copyInto(bytes, HEADER_BYTES);
  for (let i = 0; i < encoded.length; i++) {
    bytes[HEADER_BYTES + bodyBytes + i] = encoded[i];
  }
  return isSmall ? bytes.slice(0, length) : bytes;
}

function encodeText(text: string): Uint8Array {
  if (text !== lastWritten.text) {
    const encoded = encoder.encode(text).slice(0, 255);
    lastWritten = { text, encoded };
  }
  return lastWritten.encoded;
}

/** Returns the text at the end of a frame. */
function decodeText(bytes: Uint8Array): string {
  const length = bytes[3];
  const start = bytes.length - length;
  const { encoded } = lastRead;
  let same = encoded.length === length;
  for (let i = 0; same && i < length; i++) {
    same = bytes[start + i] === encoded[i];
  }
  if (!same) {
    const copy = bytes.slice(start);
    lastRead = { text: decoder.decode(copy), encoded: copy };
  }
  return lastRead.text;
}

/**
 * Reads a frame.
 *
 * @param host Name of the host that reads it; a caller has none.
 * @throws {ClusterVersionError} If the sender uses another version.
 */
export function readFrame(data: Uint8Array, host?: string): Frame {
  // Not a Buffer, whose slice() would not copy.
  const bytes = new Uint8Array(data.buffer, data.byteOffset, data.byteLength);
  const bodyBytes = bytes.length - HEADER_BYTES - bytes[3];
  if (!(bodyBytes >= 0)) {
    throw new Error(
      `Cannot read message: ${bytes.length} bytes are too few; another program may use the ` +
        "same subjects, choose another prefix",
    );
  }
  const text = decodeText(bytes);
  if (bytes[0] !== VERSION) throw versionError(bytes, text, host);
  return {
    kind: bytes[1],
    flags: bytes[2],
    number: (bytes[4] | bytes[5] << 8 | bytes[6] << 16 | bytes[7] << 24) >>> 0,
    text,
    bytes,
    bodyBytes,
  };
}

function versionError(
  [version, kind]: Uint8Array,
  text: string,
  host: string | undefined,
): ClusterVersionError {
  const sender = kind < KIND.RESULT ? "its caller" : `host ${text}`;
  const reader = host === undefined ? "this program" : `host ${host}`;
  return new ClusterVersionError(
    `Cannot read message: ${sender} uses version ${version} of loom's messages, ${reader} ` +
      `uses version ${VERSION}; run the same version of @loom/runtime on callers and hosts`,
  );
}
