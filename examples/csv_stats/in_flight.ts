/**
 * Tracks the blocks in flight.
 *
 * @module
 */

import type { Block } from "./blocks.ts";

/** Counts the blocks that were read and are not merged yet. */
export class InFlight {
  /** Number of all blocks read. */
  blocks = 0;
  /** Size of all blocks read. */
  bytes = 0;
  /** The maximum in flight. */
  readonly peak = { blocks: 0, bytes: 0 };
  readonly #sizes: number[] = [];
  #bytesNow = 0;

  /** Yields the same blocks; each is in flight until {@linkcode InFlight.finishFirst}. */
  async *track(blocks: AsyncIterable<Block>): AsyncGenerator<Block> {
    for await (const block of blocks) {
      const { length } = block.bytes;
      this.blocks++;
      this.bytes += length;
      this.#bytesNow += length;
      this.#sizes.push(length);
      this.peak.blocks = Math.max(this.peak.blocks, this.#sizes.length);
      this.peak.bytes = Math.max(this.peak.bytes, this.#bytesNow);
      yield block;
    }
  }

  /** The block that was read first of those in flight has been merged. */
  finishFirst(): void {
    this.#bytesNow -= this.#sizes.shift()!;
  }
}
