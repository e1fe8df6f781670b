/**
 * Cuts bytes into lines of text.
 *
 * @module
 */

import { ByteQueue } from "./byte_queue.ts";
import { cutPair, CutSource, type Cutter } from "./cut.ts";
import { checkCount, type TransformPair } from "./options.ts";
import { isSource, type Source } from "./source.ts";

/** Options for {@linkcode lines}. */
export interface LinesOptions {
  /**
   * Most bytes of a line, without its line feed. A longer one is a `RangeError`, so that a
   * file without line ends does not fill the memory. Defaults to 16 MiB.
   */
  readonly maxLineBytes?: number;
}

/** A longer line is mostly one whose end is missing. */
const MAX_LINE_BYTES = 2 ** 24;
const LINE_FEED = 0x0a;

/**
 * Cuts UTF-8 text into its lines, without their ends, which are `\n` or `\r\n`.
 *
 * With a source, it is an async iterable; without one, a pair of streams for
 * `pipeThrough()`. The last line may have no end. As with `TextDecoderStream`, a byte order
 * mark at the start is left out, and bytes that are not UTF-8 become U+FFFD.
 *
 * @param source Any iterable, async iterable or ReadableStream of Uint8Arrays.
 * @throws {RangeError} If a line is longer than `maxLineBytes`.
 * @throws {TypeError} If the source yields anything but Uint8Arrays.
 *
 * @example Usage
 * ```ts
 * import { computeMap, lines, LoomBuilder } from "@loom/runtime";
 *
 * await using _runtime = await new LoomBuilder().build();
 * const file = new Blob(["one\r\n", "three\n"]);
 * const length = (line: string) => line.length;
 * for await (const n of computeMap(lines(file.stream()), length)) {
 *   console.log(n); // 3, 5
 * }
 * ```
 */
export function lines(
  source: Source<Uint8Array>,
  options?: LinesOptions,
): AsyncIterableIterator<string>;
/** The same for `pipeThrough()`. */
export function lines(
  options?: LinesOptions,
): TransformPair<Uint8Array, string>;
export function lines(
  first: Source<Uint8Array> | LinesOptions = {},
  options: LinesOptions = {},
): AsyncIterableIterator<string> | TransformPair<Uint8Array, string> {
  return isSource(first)
    ? new CutSource(first, new LineCutter(options))
    : cutPair(new LineCutter(first));
}

/** Decodes all lines that are complete at once, which costs much less than one by one. */
class LineCutter implements Cutter<string> {
  readonly #maxLineBytes: number;
  /** The line that has begun. */
  readonly #rest = new ByteQueue();
  /** Removes a byte order mark, once. */
  #decoder = new TextDecoder();
  #count = 0;
  #isTooLong = false;

  constructor({ maxLineBytes = MAX_LINE_BYTES }: LinesOptions) {
    checkCount("cut into lines", "maxLineBytes", maxLineBytes);
    this.#maxLineBytes = maxLineBytes;
  }

  push(bytes: Uint8Array): string[] {
    const end = bytes.lastIndexOf(LINE_FEED) + 1;
    if (end === 0) {
      this.#keep(bytes);
      return [];
    }
    const lines = this.#linesOf(this.#withRest(bytes.subarray(0, end)));
    this.#rest.drop(this.#rest.length);
    if (!this.#isTooLong) this.#keep(bytes.subarray(end));
    return lines;
  }

  end(): string[] {
    if (this.#rest.length === 0 || this.#isTooLong) return [];
    const line = this.#decode(this.#rest.view);
    // Empty if there is only a byte order mark.
    return line === "" ? [] : [line];
  }

  check(): void {
    if (!this.#isTooLong) return;
    throw new RangeError(
      `Cannot cut into lines: line ${this.#count + 1} is longer than ` +
        `${this.#maxLineBytes} bytes; raise maxLineBytes if it should be`,
    );
  }

  #keep(bytes: Uint8Array): void {
    this.#rest.push(bytes);
    this.#isTooLong ||= this.#rest.length > this.#maxLineBytes;
  }

  #withRest(bytes: Uint8Array): Uint8Array {
    if (this.#rest.length === 0) return bytes;
    this.#rest.push(bytes);
    return this.#rest.view;
  }

  /** The lines in bytes that end with a line feed. */
  #linesOf(bytes: Uint8Array): string[] {
    const length = this.#fittingLength(bytes);
    if (length === 0) return [];
    const text = this.#decode(bytes.subarray(0, length - 1));
    const lines = text.split("\n");
    if (text.includes("\r\n") || text.endsWith("\r")) {
      lines.forEach((line, i) => {
        if (line.endsWith("\r")) lines[i] = line.slice(0, -1);
      });
    }
    this.#count += lines.length;
    return lines;
  }

  /** Bytes of the lines before the first one that is too long. */
  #fittingLength(bytes: Uint8Array): number {
    let start = 0;
    while (bytes.length - start > this.#maxLineBytes) {
      const end = bytes.indexOf(LINE_FEED, start);
      if (end < 0) break;
      if (end - start > this.#maxLineBytes) {
        this.#isTooLong = true;
        return start;
      }
      start = end + 1;
    }
    return bytes.length;
  }

  #decode(bytes: Uint8Array): string {
    const text = this.#decoder.decode(bytes);
    if (this.#count === 0) {
      this.#decoder = new TextDecoder("utf-8", { ignoreBOM: true });
    }
    return text;
  }
}
