/**
 * Cuts the bytes of a CSV file into blocks of whole records.
 *
 * @module
 */

/** Whole records. */
export interface Block {
  /** Their bytes. */
  readonly bytes: Uint8Array;
  /** The line of the file, from 1 on, in which they begin. */
  readonly line: number;
}

/** A record of this many bytes is taken for a mistake, such as a quote that never ends. */
export const MAX_RECORD_BYTES = 2 ** 24;

const QUOTE = 0x22;
const LINE_FEED = 0x0a;

/**
 * Yields the records that each chunk completes as one block, in order.
 *
 * This does not parse, or the event loop would do the work that workers are for. It only
 * finds where a block may end: behind a line feed with an even number of quotes before it.
 * In CSV as RFC 4180 defines it no other line feed ends a record, since quotes stand around
 * fields and in pairs within them; the parser refuses any other use of quotes.
 */
export async function* blocksOf(
  chunks: AsyncIterable<Uint8Array> | Iterable<Uint8Array>,
): AsyncGenerator<Block> {
  let rest: Uint8Array = new Uint8Array(0);
  let isQuoted = false;
  let line = 1;
  let linesInRest = 0;
  for await (const chunk of chunks) {
    let end = 0;
    let linesToEnd = 0;
    let lines = linesInRest;
    for (let i = 0; i < chunk.length; i++) {
      const byte = chunk[i];
      if (byte === QUOTE) isQuoted = !isQuoted;
      else if (byte === LINE_FEED) {
        lines++;
        if (isQuoted) continue;
        end = i + 1;
        linesToEnd = lines;
      }
    }
    if (end > 0) {
      yield { bytes: joined(rest, chunk.subarray(0, end)), line };
      rest = new Uint8Array(0);
    }
    line += linesToEnd;
    linesInRest = lines - linesToEnd;
    // A copy: whoever gave the chunk may use its memory again.
    rest = joined(rest, chunk.subarray(end));
    if (rest.length > MAX_RECORD_BYTES) {
      throw new RangeError(
        `Cannot cut into blocks: the record that begins in line ${line} takes more than ` +
          `${MAX_RECORD_BYTES / 2 ** 20} MiB; is a quote missing?`,
      );
    }
  }
  if (rest.length > 0) yield { bytes: rest, line };
}

function joined(a: Uint8Array, b: Uint8Array): Uint8Array {
  const both = new Uint8Array(a.length + b.length);
  both.set(a);
  both.set(b, a.length);
  return both;
}
