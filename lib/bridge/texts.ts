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

  /** Adds a text and returns its number, or {@linkcode NO_TEXT}. */
  add(text: string): number {
    const number = this.#reserve(1 + Math.ceil(text.length / 2));
    if (number === NO_TEXT) return NO_TEXT;
    const words = this.#words;
    words.write(number, text.length);
    for (let i = 0; i < text.length; i += 2) {
      // A text of odd length ends with half a word; charCodeAt() is NaN there.
      const units = text.charCodeAt(i) | (text.charCodeAt(i + 1) << 16);
      words.write(number + 1 + i / 2, units);
    }
    return number;
  }

  /** The text with a number that a message contains; undefined if there is none. */
  read(number: number): string | undefined {
    const end = this.#end();
    if (!(number >= TEXTS_FIRST && number < end)) return undefined;
    const words = this.#words;
    const length = words.read(number);
    if (length < 0 || number + 1 + length / 2 > end) return undefined;
    let text = "";
    for (let i = 0; i < length; i++) {
      const units = words.read(number + 1 + (i >> 1));
      text += String.fromCharCode((i & 1 ? units >>> 16 : units) & 0xffff);
    }
    return text;
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

  #end(): number {
    return this.#words.load(TEXTS_END);
  }
}
