/**
 * The work itself, which is the same on one thread and on loom.
 *
 * @module
 */

import { createHash } from "node:crypto";
import type { FoundFile } from "./files.ts";

/** Bytes of a SHA-256. */
export const DIGEST_BYTES = 32;

const decoder = new TextDecoder();

/** Adds a file's words to `words`, a run of letters each, and returns its SHA-256. */
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

/** What was counted in all files. */
export class CorpusCounts {
  /** How often each word was found. */
  readonly words: Map<string, number> = new Map();
  /** The SHA-256 of each file, by index; zeros for those that were skipped. */
  readonly digests: Uint8Array;
  /** How many were skipped while they were read, by reason. */
  readonly skipped: Map<string, number> = new Map();
  /** Files that were counted. */
  fileCount = 0;
  /** What those took. */
  bytes = 0;

  constructor(fileCount: number) {
    this.digests = new Uint8Array(fileCount * DIGEST_BYTES);
  }

  /** Notes a file that is counted. */
  noteFile(bytes: number): void {
    this.fileCount++;
    this.bytes += bytes;
  }

  /** Notes a file that is not. */
  noteSkipped(reason: string): void {
    this.skipped.set(reason, (this.skipped.get(reason) ?? 0) + 1);
  }

  /** Keeps the SHA-256 of the file with this index. */
  setDigest(index: number, digest: Uint8Array): void {
    this.digests.set(digest, index * DIGEST_BYTES);
  }

  /** One SHA-256 for all files, whatever the order in which they were counted. */
  combinedHash(): string {
    return createHash("sha256").update(this.digests).digest("hex");
  }

  /** The words found most often, and how often. */
  mostFrequent(count: number): [word: string, count: number][] {
    return [...this.words]
      .sort(([a, n], [b, m]) => m - n || (a < b ? -1 : 1))
      .slice(0, count);
  }

  /** What is not the same in `other`; undefined when nothing is. */
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
