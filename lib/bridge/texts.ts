/**
 * Texts that all threads of a runtime know by number.
 *
 * @module
 */

import { TEXTS_END, TEXTS_FIRST, TEXTS_WORDS } from "./layout.ts";
import { SharedWords, type Words } from "./words.ts";

/** What {@linkcode Texts.add} returns when there is no room left. */
export const NO_TEXT = 0;

/**
 * An append-only list in shared memory. The number of a text is the word where its record
 * begins. A thread adds a text without waiting for others, and only then sends its number.
 */
export class Texts {
  readonly #words: Words;
  readonly #size: number;

  /** @param size Number of words. */
  constructor(words: Words, size: number = TEXTS_WORDS) {
    this.#words = words;
    this.#size = size;
  }

  /** Creates the memory of an empty list, to be shared with the other threads. */
  static createBuffer(): SharedArrayBuffer {
    return new SharedArrayBuffer(TEXTS_WORDS * 4);
  }

  /** The list in that memory. */
  static of(buffer: SharedArrayBuffer): Texts {
    return new Texts(new SharedWords(buffer));
  }

  /**
   * The number of a text, which is added unless a thread has done that. Two threads that add
   * the same text at the same time may get two numbers for it.
   *
   * @param text Not empty.
   * @returns The number, or {@linkcode NO_TEXT}.
   */
  add(text: string): number {
    const known = this.#find(text);
    if (known !== NO_TEXT) return known;
    const number = this.#reserve(recordWords(text.length));
    if (number === NO_TEXT) return NO_TEXT;
    const words = this.#words;
    for (let i = 0; i < text.length; i += 2) {
      // A text of odd length ends with half a word; charCodeAt() is NaN there.
      const units = text.charCodeAt(i) | (text.charCodeAt(i + 1) << 16);
      words.write(number + 1 + i / 2, units);
    }
    // Publishes the text to #find() of other threads; pairs with the load in #find().
    words.store(number, text.length);
    return number;
  }

  /** The text with a number that a message contains; undefined if there is none. */
  read(number: number): string | undefined {
    const end = this.#words.load(TEXTS_END);
    if (!(number >= TEXTS_FIRST && number < end)) return undefined;
    const length = this.#words.load(number);
    if (length <= 0 || number + recordWords(length) > end) return undefined;
    return this.#textAt(number, length);
  }

  #textAt(number: number, length: number): string {
    const words = this.#words;
    let text = "";
    for (let i = 0; i < length; i++) {
      const units = words.read(number + 1 + (i >> 1));
      text += String.fromCharCode((i & 1 ? units >>> 16 : units) & 0xffff);
    }
    return text;
  }

  #find(text: string): number {
    const words = this.#words;
    const end = words.load(TEXTS_END);
    for (let number = TEXTS_FIRST; number < end;) {
      const length = words.load(number);
      // Another thread is writing this record: where the next one begins is unknown.
      if (length === 0) return NO_TEXT;
      if (length === text.length && this.#textAt(number, length) === text) {
        return number;
      }
      number += recordWords(length);
    }
    return NO_TEXT;
  }

  /** Takes words that no other thread writes. */
  #reserve(count: number): number {
    const words = this.#words;
    while (true) {
      const old = words.load(TEXTS_END);
      // The memory starts with zeroes.
      const start = Math.max(old, TEXTS_FIRST);
      if (start + count > this.#size) return NO_TEXT;
      if (words.compareExchange(TEXTS_END, old, start + count) === old) {
        return start;
      }
    }
  }
}

/** Words of the record of a text with that many units. */
function recordWords(length: number): number {
  return 1 + Math.ceil(length / 2);
}
