/**
 * What the compute workers do.
 *
 * @module
 */

import { task } from "../../mod.ts";
import { countFile, DIGEST_BYTES } from "./count.ts";

/** What was counted in one batch. */
export interface BatchCounts {
  /** Each word once, with line feeds between them: one text crosses faster than many. */
  readonly words: string;
  /** How often each was found. */
  readonly counts: Uint32Array;
  /** The SHA-256 of each file, one after the other. */
  readonly digests: Uint8Array;
}

/** Counts files that lie in `memory` one after the other; `ends` tells where each ends. */
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
