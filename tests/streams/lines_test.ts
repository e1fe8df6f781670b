import assert from "node:assert/strict";
import fc from "fast-check";
import {
  chunks,
  type ChunksOptions,
  computeMap,
  lines,
  type LinesOptions,
} from "../../mod.ts";
import { runtimeOfFile } from "../support/file_runtime.ts";
import { test } from "../support/test.ts";

const sharedRuntime = runtimeOfFile();

/** Text whose line ends and characters are cut at any byte. */
const TEXT = fc.array(
  fc.constantFrom(..."aé€😀\n\r\0;", "\r\n", "\n\n", "\ufeff", "ab;c"),
  { maxLength: 60 },
).map((parts) => parts.join(""));

/** Bytes, and the places where a source cuts them. */
const PIECES = fc.tuple(TEXT, fc.array(fc.nat(80), { maxLength: 12 }))
  .map(([text, cuts]) => {
    const bytes = new TextEncoder().encode(text);
    const ends = [...cuts.map((cut) => Math.min(cut, bytes.length))]
      .sort((a, b) => a - b);
    return [0, ...ends].map((start, i) =>
      bytes.slice(start, ends[i] ?? bytes.length)
    );
  });

/** The forms that a source can have; the first one uses the same memory again. */
const SOURCES = {
  async *generator(pieces: Uint8Array[]): AsyncGenerator<Uint8Array> {
    const memory = new Uint8Array(400);
    for (const piece of pieces) {
      memory.fill(0xff);
      memory.set(piece);
      yield memory.subarray(0, piece.length);
    }
    await Promise.resolve();
  },
  array: (pieces: Uint8Array[]) => pieces,
  stream: (pieces: Uint8Array[]) => ReadableStream.from(pieces),
};

async function all<T>(items: AsyncIterable<T>): Promise<T[]> {
  const array: T[] = [];
  for await (const item of items) array.push(item);
  return array;
}

/** What the two forms of a cut yield, which is the same, before they fail. */
async function cut<T>(
  pieces: Uint8Array[],
  iterate: (
    source: AsyncIterable<Uint8Array> | Iterable<Uint8Array>,
  ) => AsyncIterable<T>,
  pipe: (stream: ReadableStream<Uint8Array>) => ReadableStream<T>,
): Promise<T[]> {
  const expected = await all(iterate(pieces));
  for (const source of Object.values(SOURCES)) {
    assert.deepEqual(await all(iterate(source(pieces))), expected);
  }
  const stream = ReadableStream.from(pieces) as ReadableStream<Uint8Array>;
  assert.deepEqual(
    await all(pipe(stream) as AsyncIterable<T>),
    expected,
  );
  return expected;
}

const cutLines = (pieces: Uint8Array[], options?: LinesOptions) =>
  cut(
    pieces,
    (source) => lines(source, options),
    (stream) => stream.pipeThrough(lines(options)),
  );

const cutChunks = (pieces: Uint8Array[], options?: ChunksOptions) =>
  cut(
    pieces,
    (source) => chunks(source, options),
    (stream) => stream.pipeThrough(chunks(options)),
  );

test("lines() yields what split() does, wherever the bytes are cut", async () => {
  await fc.assert(fc.asyncProperty(PIECES, async (pieces) => {
    const text = await new Blob(pieces as BlobPart[]).text();
    const expected = text.split(/\r?\n/);
    if (expected.at(-1) === "") expected.pop();
    assert.deepEqual(await cutLines(pieces), expected);
  }));
});

/** Cuts at the last end within `size` bytes, or else at the first one behind. */
function plainChunks(bytes: string, end: string, size: number): string[] {
  const chunks: string[] = [];
  let start = 0;
  while (bytes.length - start > size) {
    const limit = start + size - end.length;
    let at = limit < start ? -1 : bytes.lastIndexOf(end, limit);
    if (at < start) at = bytes.indexOf(end, Math.max(start, limit + 1));
    if (at < 0) break;
    chunks.push(bytes.slice(start, at + end.length));
    start = at + end.length;
  }
  if (start < bytes.length) chunks.push(bytes.slice(start));
  return chunks;
}

test("chunks() yields the largest chunks that end at a line end, wherever the bytes are cut", async () => {
  const at = fc.constantFrom("\n", "\r\n", "\n\n", ";", "€");
  const size = fc.integer({ min: 1, max: 20 });
  // A character for each byte.
  const textOf = (bytes: Uint8Array) => String.fromCharCode(...bytes);
  const check = async (pieces: Uint8Array[], at: string, bytes: number) => {
    const found = await cutChunks(pieces, { at, bytes });
    const end = textOf(new TextEncoder().encode(at));
    assert.deepEqual(
      found.map(textOf),
      plainChunks(pieces.map(textOf).join(""), end, bytes),
    );
  };
  await fc.assert(
    fc.asyncProperty(PIECES, at, size, check),
    // A line end that begins in the first `bytes` bytes and ends behind them.
    { examples: [[[new TextEncoder().encode("a\r\nb\r\nc")], "\r\n", 2]] },
  );
});

test("A line that is too long is an error after the lines before it, wherever it is cut", async () => {
  const bytes = new TextEncoder().encode("ab\n12345678\n1234567890\nend\n");
  for (let size = 1; size <= bytes.length; size++) {
    const pieces: Uint8Array[] = [];
    for (let at = 0; at < bytes.length; at += size) {
      pieces.push(bytes.slice(at, at + size));
    }
    const seen: unknown[] = [];
    let isClosed = false;
    const source = function* () {
      try {
        yield* pieces;
        yield* pieces;
      } finally {
        isClosed = true;
      }
    };
    const readLines = async () => {
      for await (const line of lines(source(), { maxLineBytes: 9 })) {
        seen.push(line);
      }
    };
    await assert.rejects(readLines(), {
      name: "RangeError",
      message: /line 3 is longer than 9 bytes; raise maxLineBytes/,
    });
    assert.deepEqual(seen, ["ab", "12345678"]);
    assert.ok(isClosed);
    const readChunks = async () => {
      const limits = { bytes: 4, maxLineBytes: 10 };
      for await (const chunk of chunks(source(), limits)) {
        seen.push(new TextDecoder().decode(chunk));
      }
    };
    await assert.rejects(readChunks(), {
      name: "RangeError",
      message: /starts at byte 12 is longer than 10 bytes; raise maxLineBytes/,
    });
    assert.deepEqual(seen.slice(2), ["ab\n", "12345678\n"]);
    const stream = ReadableStream.from(pieces) as ReadableStream<Uint8Array>;
    await assert.rejects(
      all(stream.pipeThrough(lines({ maxLineBytes: 9 }))),
      RangeError,
    );
  }
});

test("A cut closes its source when it is left, and passes on what the source throws", async () => {
  let closings = 0;
  const source = function* () {
    try {
      for (;;) yield new TextEncoder().encode("a\nb\nc");
    } finally {
      closings++;
    }
  };
  for await (const line of lines(source())) if (line === "ca") break;
  for await (const _ of chunks(source(), { bytes: 1 })) break;
  assert.equal(closings, 2);
  const failing = async function* () {
    yield await new TextEncoder().encode("a\nb");
    throw new TypeError("source");
  };
  const cutting = lines(failing());
  const results = await Promise.allSettled([1, 2, 3].map(() => cutting.next()));
  assert.deepEqual(results.map(({ status }) => status), [
    "fulfilled",
    "rejected",
    "fulfilled",
  ]);
  assert.deepEqual(await cutting.next(), { done: true, value: undefined });
  const texts = ["a\n"] as unknown as Uint8Array[];
  await assert.rejects(all(lines(texts)), /must yield Uint8Arrays, got string/);
  assert.throws(() => lines({ maxLineBytes: 0 }), RangeError);
  assert.throws(() => chunks({ bytes: 0.5 }), RangeError);
  assert.throws(() => chunks({ at: "" }), RangeError);
});

test("Bytes flow through a cut and the workers to a consumer", async () => {
  await using runtime = await sharedRuntime(2);
  const text = Array.from({ length: 3_000 }, (_, n) => `line ${n} é\r\n`).join(
    "",
  );
  const pieces = () => new Blob([text]).stream();
  const length = (line: string) => line.length;
  const expected = text.split("\r\n").slice(0, -1).map(length);
  assert.deepEqual(await all(computeMap(lines(pieces()), length)), expected);
  const count = (bytes: Uint8Array, byte: number) =>
    bytes.reduce((sum, found) => found === byte ? sum + 1 : sum, 0);
  const counts = pieces().pipeThrough(chunks({ bytes: 4_000 }))
    .pipeThrough(runtime.computeTransform(count, { args: [10] }));
  let lineCount = 0;
  for await (const n of counts as AsyncIterable<number>) lineCount += n;
  assert.equal(lineCount, 3_000);
});
