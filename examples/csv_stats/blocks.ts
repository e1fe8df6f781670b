/**
 * Splits the bytes of a CSV file into blocks of whole records.
 *
 * @module
 */

/** A block of whole records. */
export interface Block {
  /** Their bytes. */
  readonly bytes: Uint8Array;
  /** The line of the file where they start, counted from 1. */
  readonly line: number;
}

/** Maximum size of a record; a larger one is an error, such as a missing quote. */
export const MAX_RECORD_BYTES = 2 ** 24;

const QUOTE = 0x22;
const LINE_FEED = 0x0a;

/**
 * Yields the records that each chunk completes as one block, in order.
 *
 * This does not parse, since parsing is the work of the compute workers. It only finds where
 * a block may end: after a line feed with an even number of quotes before it. In RFC 4180 no
 * other line feed ends a record, since quotes surround fields and occur in pairs inside them;
 * the parser rejects any other use of quotes.
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
    // A copy, since the source may reuse the memory of the chunk.
    rest = joined(rest, chunk.subarray(end));
    if (rest.length > MAX_RECORD_BYTES) {
      throw new RangeError(
        `Cannot split into blocks: the record that starts in line ${line} is larger than ` +
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
