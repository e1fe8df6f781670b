/**
 * The task of the compute workers.
 *
 * @module
 */

import { task } from "../../mod.ts";
import { countFile, DIGEST_BYTES } from "./count.ts";

/** The counts of one batch. */
export interface BatchCounts {
  /** The words, separated by line feeds: one string is copied faster than many. */
  readonly words: string;
  /** The count of each word. */
  readonly counts: Uint32Array;
  /** The SHA-256 of each file, one after another. */
  readonly digests: Uint8Array;
}

/** Counts files that are stored in `memory` one after another and end at `ends`. */
export const countBatch = task(
  import.meta.url,
  function countBatch(memory: Uint8Array, ends: Uint32Array): BatchCounts {
    const words = new Map<string, number>();
    const digests = new Uint8Array(ends.length * DIGEST_BYTES);
    let start = 0;
    ends.forEach((end, i) => {
      digests.set(
        countFile(memory.subarray(start, end), words),
        i * DIGEST_BYTES,
      );
      start = end;
    });
    return {
      words: [...words.keys()].join("\n"),
      counts: Uint32Array.from(words.values()),
      digests,
    };
  },
);
