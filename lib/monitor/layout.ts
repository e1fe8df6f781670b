/**
 * Where the words of a shared object are. No other file of this folder contains an offset.
 *
 * @module
 */

import { LINE_WORDS } from "../bridge/layout.ts";

// A shared object, in Int32 words. All words but RUNTIME, CREATOR and NUMBER are read and
// written inside its guard only; SIGNALLED is also loaded outside of it.
//   name      meaning
//   GUARD     FREE, HELD or CONTENDED: see guard.ts
//   RUNTIME   number of the runtime whose threads use the object; never changes
//   CREATOR   serial number of the thread that made it; never changes
//   NUMBER    how many objects that thread had made before; never changes
//   PLACE     the place that a thread got last in one of the lines
//   STATE     STATE_WORDS words, whose meaning depends on the class
//   lines     per line and thread: PLACE, SERIAL, SIGNALLED, WANT
//   holds     per thread: SERIAL, COUNT
//   bytes     the items of a channel

/** The guard. */
export const GUARD = 0;
/** Number of the runtime. */
export const RUNTIME = 1;
/** Serial number of the thread that made the object. */
export const CREATOR = 2;
/** How many objects that thread had made before. */
export const NUMBER = 3;
/** The place that was given last. */
export const LAST_PLACE = 4;
/** First word of the state. */
export const STATE = 8;
/** Words of the state. */
export const STATE_WORDS = 8;

const LINES = LINE_WORDS;
const ENTRY_WORDS = 4;
const HOLD_WORDS = 2;

/** Entry: the thread's place in the line; 0 while it does not wait. */
export const ENTRY_PLACE = 0;
/** Entry: serial number of the waiting thread. */
export const ENTRY_SERIAL = 1;
/** Entry: 1 from the signal until the thread looks. */
export const ENTRY_SIGNALLED = 2;
/** Entry: how much the thread's first operation wants, in units of the class. */
export const ENTRY_WANT = 3;

/** Hold: serial number of the thread that holds something. */
export const HOLD_SERIAL = 0;
/** Hold: how much it holds. */
export const HOLD_COUNT = 1;

/** Entry of a thread in a line. */
export function entryWord(
  line: number,
  thread: number,
  threadCount: number,
): number {
  return LINES + (line * threadCount + thread) * ENTRY_WORDS;
}

/** What a thread holds. */
export function holdWord(
  thread: number,
  lineCount: number,
  threadCount: number,
): number {
  return entryWord(lineCount, 0, threadCount) + thread * HOLD_WORDS;
}

/** Words of an object, without bytes. */
export function objectWords(lineCount: number, threadCount: number): number {
  const words = holdWord(threadCount, lineCount, threadCount);
  return Math.ceil(words / LINE_WORDS) * LINE_WORDS;
}
