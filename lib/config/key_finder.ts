/**
 * Finds the positions of top-level keys, which no parser of the standard library reports.
 *
 * @module
 */

import type { Position } from "./layer.ts";

/** Characters that a search may read; many times those of a usual file. */
const MAX_READ_CHARACTERS = 2 ** 21;

/** Longer keys are unknown ones, and patterns of them too large. */
const MAX_KEY_CHARACTERS = 100;

/** What a finder has to know of a format. */
export interface KeySyntax {
  /**
   * Matches what looks like the key; what stands before the key is the first group. Has the
   * flags `g` and `m`.
   *
   * @param key The key as a part of a pattern.
   */
  pattern(key: string): RegExp;
  /**
   * Whether a match is the key, and not a part of a string or a key of an inner table: only
   * the text before a key is the beginning of a document that the key can follow.
   *
   * @param match The text that matched.
   * @param before All text before the key.
   * @param isFirst Whether the key has not been found before.
   */
  isKey(match: string, before: string, isFirst: boolean): boolean;
}

/** A key that a document does not have; shows where one more key ends up. */
export const NEXT_KEY = "loom-next-key";

/**
 * Finds keys in one text. It gives up once it has read much: in a file with thousands of keys
 * only the first ones have a position.
 */
export class KeyFinder {
  readonly #text: string;
  readonly #syntax: KeySyntax;
  #left = MAX_READ_CHARACTERS;

  constructor(text: string, syntax: KeySyntax) {
    this.#text = text;
    this.#syntax = syntax;
  }

  /** Finds one key, and where it stands a second time. */
  find(key: string): Position[] {
    const found: Position[] = [];
    if (this.#left <= 0 || key.length > MAX_KEY_CHARACTERS) return found;
    const escaped = key.replace(/[.*+?^${}()|[\]\\]/g, "\\$&");
    for (const match of this.#text.matchAll(this.#syntax.pattern(escaped))) {
      const before = this.#text.slice(0, match.index + match[1].length);
      this.#left -= before.length;
      if (this.#left <= 0) return found;
      if (!this.#syntax.isKey(match[0], before, found.length === 0)) continue;
      const lines = before.split("\n");
      found.push({
        line: lines.length,
        column: lines[lines.length - 1].length + 1,
      });
      if (found.length === 2) return found;
    }
    this.#left -= this.#text.length;
    return found;
  }
}
