/**
 * Text to bytes and back: one byte per character where every code unit is at
 * most 0xFF, two otherwise, so that lone surrogates survive.
 *
 * bench/codec.ts compares the ways. Short strings are fastest in a plain loop.
 * For long ones both runtimes have native code for ASCII into bytes and for
 * either form out of them; for the other strings into bytes only Bun has.
 *
 * @module
 */

import { Buffer } from "node:buffer";

/** Up to this length a loop beats the call into native code. */
const SHORT = 64;

interface NativeText {
  latin1Slice(this: Uint8Array, start: number, end: number): string;
  ucs2Slice(this: Uint8Array, start: number, end: number): string;
  ucs2Write(this: Uint8Array, text: string, start: number): number;
}

// These methods of Buffer take any Uint8Array as `this`, also over shared memory.
const native = Buffer.prototype as unknown as NativeText;
const ascii = new TextEncoder();
/** Deno's own ucs2Write is a slower loop than ours. */
const writesUcs2Natively = "Bun" in globalThis;

/**
 * Writes `text` at `at` with one byte per character and returns true, or
 * returns false (the bytes are then undefined) if it needs two.
 */
export function tryWriteLatin1(
  text: string,
  bytes: Uint8Array,
  at: number,
): boolean {
  const length = text.length;
  if (length > SHORT && isAscii(text)) {
    writeAscii(text, bytes, at);
    return true;
  }
  for (let i = 0; i < length; i++) {
    const unit = text.charCodeAt(i);
    if (unit > 0xff) return false;
    bytes[at + i] = unit;
  }
  return true;
}

/** True if every character takes one byte in UTF-8. */
export function isAscii(text: string): boolean {
  return Buffer.byteLength(text) === text.length;
}

export function writeAscii(text: string, bytes: Uint8Array, at: number): void {
  ascii.encodeInto(text, bytes.subarray(at, at + text.length));
}

/** Writes `text` at `at` with two bytes per code unit, low byte first. */
export function writeUtf16(text: string, bytes: Uint8Array, at: number): void {
  if (writesUcs2Natively && text.length > SHORT) {
    native.ucs2Write.call(bytes, text, at);
    return;
  }
  for (let i = 0; i < text.length; i++) {
    const unit = text.charCodeAt(i);
    bytes[at++] = unit;
    bytes[at++] = unit >>> 8;
  }
}

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

export function readUtf16(
  bytes: Uint8Array,
  at: number,
  length: number,
): string {
  return native.ucs2Slice.call(bytes, at, at + 2 * length);
}

// The same short texts come again and again, names of properties above all, and
// finding one among the recent ones is cheaper than making a string.
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
  // A name that has been a property is the engine's own unique copy, which it
  // finds in an object faster than an equal string.
  const text = native.latin1Slice.call(bytes, at, at + length);
  const [key] = Object.keys({ [text]: 0 });
  return recentKeys[index] = key;
}
