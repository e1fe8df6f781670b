/**
 * The run on loom: the event loop reads and merges while the compute workers count, and
 * counts a file itself when all of them have enough work.
 *
 * @module
 */

import type { LoomRuntime } from "../../mod.ts";
import { type Batch, Batches } from "./batch.ts";
import { CorpusCounts, countFile, DIGEST_BYTES } from "./count.ts";
import { type BatchCounts, countBatch } from "./count_batch.ts";
import { type FoundFile, readAhead } from "./files.ts";

/** Counts on loom. Can be used repeatedly and reuses its memory. */
export class LoomCounter {
  readonly #runtime: LoomRuntime;
  readonly #batches: Batches;

  constructor(runtime: LoomRuntime, totalBytes: number) {
    const workers = runtime.computeThreads;
    this.#runtime = runtime;
    // Each worker has one batch in work and one waiting, and one more is being filled. The
    // files are split into about 16 batches per worker, so that all workers end at about the
    // same time; more batches would mean more merging of frequent words.
    this.#batches = new Batches(2 * workers + 1, totalBytes / (16 * workers));
  }

  /** Reads and counts files; calls `counted` with the size of each batch. */
  count(
    files: readonly FoundFile[],
    counted: (bytes: number) => void,
  ): Promise<CorpusCounts> {
    return this.#runtime.spawnAsync(async () => {
      const counts = new CorpusCounts(files.length);
      const calls: Promise<void>[] = [];
      const send = (batch: Batch) => {
        const call = this.#countBatch(batch, counts, counted);
        calls.push(call);
        // Promise.all() below reports errors.
        call.catch(() => {});
      };

      let batch: Batch | undefined = await this.#batches.take();
      let index = 0;
      for await (const { bytes, skipped } of readAhead(files)) {
        if (skipped !== undefined) {
          counts.addSkipped(skipped);
          counted(files[index].bytes);
        } else if (batch === undefined || !batch.tryAdd(index, bytes)) {
          if (batch) send(batch);
          batch = this.#batches.tryTake();
          if (batch === undefined) {
            // All workers have enough work, so count here instead of waiting.
            counts.setDigest(index, countFile(bytes, counts.words));
            counts.addFile(bytes.length);
            counted(bytes.length);
          } else batch.tryAdd(index, bytes);
        }
        index++;
      }
      if (batch) send(batch);
      await Promise.all(calls);
      return counts;
    });
  }

  async #countBatch(
    batch: Batch,
    counts: CorpusCounts,
    counted: (bytes: number) => void,
  ): Promise<void> {
    const { bytes, ends, indices } = batch;
    try {
      const found = await this.#runtime.spawnCompute(countBatch, bytes, ends);
      merge(counts, found, indices, ends);
      counted(bytes.length);
    } finally {
      this.#batches.release(batch);
    }
  }
}

function merge(
  counts: CorpusCounts,
  found: BatchCounts,
  indices: readonly number[],
  ends: Uint32Array,
): void {
  const { words } = counts;
  if (found.words !== "") {
    found.words.split("\n").forEach((word, i) => {
      words.set(word, (words.get(word) ?? 0) + found.counts[i]);
    });
  }
  indices.forEach((index, i) => {
    const start = i * DIGEST_BYTES;
    counts.setDigest(
      index,
      found.digests.subarray(start, start + DIGEST_BYTES),
    );
    counts.addFile(ends[i] - (ends[i - 1] ?? 0));
  });
}
