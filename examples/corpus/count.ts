/**
 * Counts and hashes files; the same on one thread and on loom.
 *
 * @module
 */

import { createHash } from "node:crypto";
import type { FoundFile } from "./files.ts";

/** Size of a SHA-256 in bytes. */
export const DIGEST_BYTES = 32;

const decoder = new TextDecoder();

/** Adds a file's words, which are sequences of letters, to `words`; returns its SHA-256. */
export function countFile(
  bytes: Uint8Array,
  words: Map<string, number>,
): Uint8Array {
  const text = decoder.decode(bytes).toLowerCase();
  for (const word of text.match(/\p{L}+/gu) ?? []) {
    words.set(word, (words.get(word) ?? 0) + 1);
  }
  return createHash("sha256").update(bytes).digest();
}

/** The counts of all files. */
export class CorpusCounts {
  /** The number of occurrences of each word. */
  readonly words: Map<string, number> = new Map();
  /** The SHA-256 of each file, by index; zeros for skipped files. */
  readonly digests: Uint8Array;
  /** Number of files skipped while reading, by reason. */
  readonly skipped: Map<string, number> = new Map();
  /** Number of files counted. */
  fileCount = 0;
  /** Total size of the files counted. */
  bytes = 0;

  constructor(fileCount: number) {
    this.digests = new Uint8Array(fileCount * DIGEST_BYTES);
  }

  /** Records a file that is counted. */
  addFile(bytes: number): void {
    this.fileCount++;
    this.bytes += bytes;
  }

  /** Records a file that is skipped. */
  addSkipped(reason: string): void {
    this.skipped.set(reason, (this.skipped.get(reason) ?? 0) + 1);
  }

  /** Stores the SHA-256 of the file with this index. */
  setDigest(index: number, digest: Uint8Array): void {
    this.digests.set(digest, index * DIGEST_BYTES);
  }

  /** One SHA-256 for all files, independent of the order of counting. */
  combinedHash(): string {
    return createHash("sha256").update(this.digests).digest("hex");
  }

  /** The most frequent words and their counts. */
  mostFrequent(count: number): [word: string, count: number][] {
    return [...this.words]
      .sort(([a, n], [b, m]) => m - n || (a < b ? -1 : 1))
      .slice(0, count);
  }

  /** The first difference from `other`; undefined if there is none. */
  differenceFrom(
    other: CorpusCounts,
    files: readonly FoundFile[],
  ): string | undefined {
    const at = this.digests.findIndex((byte, i) => byte !== other.digests[i]);
    if (at >= 0) {
      return `the hash of ${files[Math.floor(at / DIGEST_BYTES)].path}`;
    }
    if (this.words.size !== other.words.size) {
      return `${this.words.size} and ${other.words.size} different words`;
    }
    for (const [word, count] of this.words) {
      const otherCount = other.words.get(word) ?? 0;
      if (count !== otherCount) {
        return `"${word}" ${count} and ${otherCount} times`;
      }
    }
    return undefined;
  }
}
