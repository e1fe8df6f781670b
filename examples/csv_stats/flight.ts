/**
 * How much is on its way.
 *
 * @module
 */

import type { Block } from "./blocks.ts";

/** Watches how many blocks were read and are not merged yet. */
export class Flight {
  /** All that were read. */
  blocks = 0;
  bytes = 0;
  /** The most that were on their way at once. */
  readonly peak = { blocks: 0, bytes: 0 };
  readonly #sizes: number[] = [];
  #bytesNow = 0;

  /** Yields the same blocks; each is on its way from here to {@linkcode Flight.land}. */
  async *watch(blocks: AsyncIterable<Block>): AsyncGenerator<Block> {
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

  /** The first of them is merged: it is done with. */
  land(): void {
    this.#bytesNow -= this.#sizes.shift()!;
  }
}
