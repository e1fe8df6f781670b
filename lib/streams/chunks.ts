/**
 * Cuts bytes into chunks that end where lines end.
 *
 * @module
 */

import { ByteQueue } from "./byte_queue.ts";
import { cutPair, CutSource, type Cutter } from "./cut.ts";
import { checkCount, type TransformPair } from "./options.ts";
import { isSource, type Source } from "./source.ts";

/** Options for {@linkcode chunks}. */
export interface ChunksOptions {
  /**
   * Most bytes of a chunk, unless a single line is longer: that is a chunk of its own.
   * Defaults to 256 KiB.
   */
  readonly bytes?: number;
  /** The text after which a chunk may end. Defaults to `"\n"`. */
  readonly at?: string;
  /**
   * Most bytes of a line that is longer than `bytes`, with its end. A longer one is a
   * `RangeError`, so that a file without line ends does not fill the memory. Defaults to
   * 16 MiB.
   */
  readonly maxLineBytes?: number;
}

const CHUNK_BYTES = 2 ** 18;
const MAX_LINE_BYTES = 2 ** 24;

/**
 * Cuts bytes into chunks of whole lines, so that each can be parsed for itself, by a worker.
 *
 * With a source, it is an async iterable; without one, a pair of streams for
 * `pipeThrough()`. Together, the chunks are the bytes of the source. Only the last one may
 * have no line end. A chunk does not end within a character of UTF-8.
 *
 * @param source Any iterable, async iterable or ReadableStream of Uint8Arrays.
 * @throws {RangeError} If a line is longer than `maxLineBytes`, or an option is invalid.
 * @throws {TypeError} If the source yields anything but Uint8Arrays.
 *
 * @example Usage
 * ```ts
 * import { chunks, computeMap, LoomBuilder } from "@loom/runtime";
 *
 * await using _runtime = await new LoomBuilder().build();
 * const file = new Blob(["1\n2\n3\n", "4\n"]);
 * const sum = (bytes: Uint8Array) =>
 *   new TextDecoder().decode(bytes).split("\n").map(Number)
 *     .reduce((a, b) => a + b);
 * const blocks = chunks(file.stream(), { bytes: 2 ** 20 });
 * for await (const n of computeMap(blocks, sum)) console.log(n); // 10
 * ```
 */
export function chunks(
  source: Source<Uint8Array>,
  options?: ChunksOptions,
): AsyncIterableIterator<Uint8Array<ArrayBuffer>>;
/** The same for `pipeThrough()`. */
export function chunks(
  options?: ChunksOptions,
): TransformPair<Uint8Array, Uint8Array<ArrayBuffer>>;
export function chunks(
  first: Source<Uint8Array> | ChunksOptions = {},
  options: ChunksOptions = {},
):
  | AsyncIterableIterator<Uint8Array<ArrayBuffer>>
  | TransformPair<Uint8Array, Uint8Array<ArrayBuffer>> {
  return isSource(first)
    ? new CutSource(first, new ChunkCutter(options))
    : cutPair(new ChunkCutter(first));
}

/** Collects bytes until they are enough for a chunk. */
class ChunkCutter implements Cutter<Uint8Array<ArrayBuffer>> {
  readonly #chunkBytes: number;
  readonly #maxLineBytes: number;
  readonly #end: Uint8Array;
  readonly #queue = new ByteQueue();
  /** Bytes at the front of the queue in which no line ends. */
  #searched = 0;
  /** Bytes of the chunks that were returned. */
  #returnedBytes = 0;
  #isTooLong = false;

  constructor(options: ChunksOptions) {
    const { bytes = CHUNK_BYTES, at = "\n" } = options;
    const { maxLineBytes = MAX_LINE_BYTES } = options;
    checkCount("cut into chunks", "bytes", bytes);
    checkCount("cut into chunks", "maxLineBytes", maxLineBytes);
    if (typeof at !== "string" || at === "") {
      throw new RangeError(
        `Cannot cut into chunks: at must be a text, got ${
          at === "" ? "an empty one" : typeof at
        }`,
      );
    }
    this.#chunkBytes = bytes;
    this.#maxLineBytes = maxLineBytes;
    this.#end = new TextEncoder().encode(at);
  }

  push(bytes: Uint8Array): Uint8Array<ArrayBuffer>[] {
    this.#queue.push(bytes);
    const chunks: Uint8Array<ArrayBuffer>[] = [];
    while (!this.#isTooLong && this.#queue.length > this.#chunkBytes) {
      const length = this.#nextLength();
      if (length === 0) break;
      chunks.push(this.#take(length));
    }
    return chunks;
  }

  end(): Uint8Array<ArrayBuffer>[] {
    const { length } = this.#queue;
    if (length === 0 || this.#isTooLong) return [];
    return [this.#take(length)];
  }

  check(): void {
    if (!this.#isTooLong) return;
    throw new RangeError(
      `Cannot cut into chunks: the line that starts at byte ${this.#returnedBytes} is ` +
        `longer than ${this.#maxLineBytes} bytes; raise maxLineBytes if it should be`,
    );
  }

  /** Bytes of the next chunk; 0 if its end has not arrived, or its line is too long. */
  #nextLength(): number {
    const { view } = this.#queue;
    if (this.#searched === 0) {
      const length = lastEnd(view.subarray(0, this.#chunkBytes), this.#end);
      if (length > 0) return length;
      this.#searched = this.#chunkBytes;
    }
    // The end may have begun before.
    const from = Math.max(0, this.#searched - this.#end.length + 1);
    const length = firstEnd(view, this.#end, from);
    this.#searched = view.length;
    this.#isTooLong = (length || view.length) > this.#maxLineBytes;
    return this.#isTooLong ? 0 : length;
  }

  #take(length: number): Uint8Array<ArrayBuffer> {
    const chunk = this.#queue.view.slice(0, length);
    this.#queue.drop(length);
    this.#returnedBytes += length;
    this.#searched = 0;
    return chunk;
  }
}

/** The place behind the first `end` that begins at `from` or later; 0 if there is none. */
function firstEnd(bytes: Uint8Array, end: Uint8Array, from: number): number {
  const last = end.length - 1;
  let at = bytes.indexOf(end[last], from + last);
  while (at >= 0) {
    if (endsAt(bytes, end, at)) return at + 1;
    at = bytes.indexOf(end[last], at + 1);
  }
  return 0;
}

/** The place behind the last `end`; 0 if there is none. */
function lastEnd(bytes: Uint8Array, end: Uint8Array): number {
  const last = end.length - 1;
  let at = bytes.lastIndexOf(end[last]);
  while (at >= last) {
    if (endsAt(bytes, end, at)) return at + 1;
    at = bytes.lastIndexOf(end[last], at - 1);
  }
  return 0;
}

/** Whether the last byte of `end` is at that place, and the others are before it. */
function endsAt(bytes: Uint8Array, end: Uint8Array, at: number): boolean {
  const first = at - end.length + 1;
  return end.every((byte, i) => bytes[first + i] === byte);
}
