/**
 * Text to bytes and back: one byte per code unit if all are at most 0xFF, otherwise two, so
 * that lone surrogates are kept.
 *
 * bench/codec.ts compares the methods. Short strings are fastest in a plain loop. For long
 * strings, both runtimes have native code that writes ASCII and that reads both forms. Bun
 * also has native code that writes two bytes per code unit. Deno has it in node:v8 only, which
 * serialises a text as a short header and its code units.
 *
 * @module
 */

import { Buffer } from "node:buffer";
import process from "node:process";

/** Up to this length a loop is faster than native code that writes ASCII. */
const SHORT = 64;
/** Up to this length a text may take two bytes per unit where one is enough. */
const DOUBLED = 1 << 20;
/** Finds a code unit that needs two bytes; V8 knows at once if it stores none. */
const WIDE = /[^\0-\xff]/;
/** Up to this length a loop is faster than serialising other text. */
const LOOPED = 1024;

interface NativeText {
  latin1Slice(this: Uint8Array, start: number, end: number): string;
  ucs2Slice(this: Uint8Array, start: number, end: number): string;
  ucs2Write(this: Uint8Array, text: string, start: number): number;
}

// These methods of Buffer accept any Uint8Array as `this`, also on shared memory.
const native = Buffer.prototype as unknown as NativeText;
const ascii = new TextEncoder();
/** In Deno, ucs2Write() is slower than the loop in this file. */
const writesUcs2Natively = "Bun" in globalThis;

/**
 * Writes `text` at `at` with one byte per code unit.
 *
 * @returns False if the text needs two, or is written faster with two; the bytes written are
 * then undefined.
 */
export function tryWriteLatin1(
  text: string,
  bytes: Uint8Array,
  at: number,
): boolean {
  const { length } = text;
  if (length > SHORT && isAscii(text)) {
    writeAscii(text, bytes, at);
    return true;
  }
  if (length > LOOPED) {
    // On Bun the test takes long, and both forms are read equally fast.
    if (writesUcs2Natively ? length <= DOUBLED : WIDE.test(text)) return false;
    if (tryWriteSerialised(text, bytes, at, length)) return true;
  }
  for (let i = 0; i < length; i++) {
    const unit = text.charCodeAt(i);
    if (unit > 0xff) return false;
    bytes[at + i] = unit;
  }
  return true;
}

/** Whether each character takes one byte in UTF-8. */
export function isAscii(text: string): boolean {
  return Buffer.byteLength(text) === text.length;
}

/** Writes an ASCII text at `at`. */
export function writeAscii(text: string, bytes: Uint8Array, at: number): void {
  ascii.encodeInto(text, bytes.subarray(at, at + text.length));
}

/** Writes `text` at `at` with two bytes per code unit, low byte first. */
export function writeUtf16(text: string, bytes: Uint8Array, at: number): void {
  if (writesUcs2Natively && text.length > SHORT) {
    native.ucs2Write.call(bytes, text, at);
    return;
  }
  if (
    text.length > LOOPED && tryWriteSerialised(text, bytes, at, 2 * text.length)
  ) return;
  for (let i = 0; i < text.length; i++) {
    const unit = text.charCodeAt(i);
    bytes[at++] = unit;
    bytes[at++] = unit >>> 8;
  }
}

/** Tags of a text in the format of V8, by the number of bytes per code unit. */
const V8_TAGS = [0, 0x22, 0x63];
/** The format before the tag: 0xFF and its version. */
const V8_HEADER_BYTES = 2;

/**
 * Writes a text by serialising it, which shows how V8 stores it.
 *
 * @returns False, with nothing written, if that is not in `byteLength` bytes.
 */
function tryWriteSerialised(
  text: string,
  bytes: Uint8Array,
  at: number,
  byteLength: number,
): boolean {
  const serialised = process.getBuiltinModule("node:v8").serialize(text);
  const start = serialised.length - byteLength;
  // A zero before the tag aligns what follows.
  const place = serialised[V8_HEADER_BYTES] === 0
    ? V8_HEADER_BYTES + 1
    : V8_HEADER_BYTES;
  if (
    start <= place || serialised[place] !== V8_TAGS[byteLength / text.length]
  ) return false;
  bytes.set(serialised.subarray(start), at);
  return true;
}

/** Reads `length` code units of one byte each. */
export function readLatin1(
  bytes: Uint8Array,
  at: number,
  length: number,
): string {
  if (length > LONGEST_TEXT) {
    return native.latin1Slice.call(bytes, at, at + length);
  }
  if (length < 2) return length === 0 ? "" : String.fromCharCode(bytes[at]);
  const index = recentIndex(bytes, at, length);
  const recent = recentTexts[index];
  if (isAt(recent, bytes, at, length)) return recent;
  return recentTexts[index] = native.latin1Slice.call(bytes, at, at + length);
}

/** Reads `length` code units of two bytes each. */
export function readUtf16(
  bytes: Uint8Array,
  at: number,
  length: number,
): string {
  return native.ucs2Slice.call(bytes, at, at + 2 * length);
}

// Short texts are often repeated, most of all property names. Finding one among recent texts
// is cheaper than creating a string.
const LONGEST_KEY = 32;
const LONGEST_TEXT = 12;
const RECENT = 512;
const recentKeys: string[] = new Array(RECENT).fill("");
const recentTexts: string[] = new Array(RECENT).fill("");

function recentIndex(bytes: Uint8Array, at: number, length: number): number {
  let hash = length;
  for (let i = 0; i < length; i++) hash = (hash * 31 + bytes[at + i]) | 0;
  return (hash ^ (hash >>> 9)) & (RECENT - 1);
}

function isAt(
  text: string,
  bytes: Uint8Array,
  at: number,
  length: number,
): boolean {
  if (text.length !== length) return false;
  for (let i = 0; i < length; i++) {
    if (text.charCodeAt(i) !== bytes[at + i]) return false;
  }
  return true;
}

/** Like {@linkcode readLatin1}, for the name of a property. */
export function readKey(bytes: Uint8Array, at: number, length: number): string {
  if (length > LONGEST_KEY) return readLatin1(bytes, at, length);
  const index = recentIndex(bytes, at, length);
  const recent = recentKeys[index];
  if (isAt(recent, bytes, at, length)) return recent;
  // Engines keep one internal copy of each property name, which they find in an object
  // faster than an equal string. Object.keys() returns that copy.
  const text = native.latin1Slice.call(bytes, at, at + length);
  const [key] = Object.keys({ [text]: 0 });
  return recentKeys[index] = key;
}
