import assert from "node:assert/strict";
import { computeMap, shared } from "../../mod.ts";
import { runtimeOfFile } from "../support/file_runtime.ts";
import { Latch } from "../support/latch.ts";
import { test } from "../support/test.ts";

const sharedRuntime = runtimeOfFile();

const LIMIT = { timeoutMs: 20_000 };

/** An item whose call ends when the gate is open. */
interface GatedItem {
  readonly n: number;
  readonly gate: Int32Array;
}

/** Waits for the gate without blocking the worker, then doubles; a negative item fails. */
async function gatedDouble({ n, gate }: GatedItem): Promise<number> {
  const wait = Atomics.waitAsync(gate, 0, 0);
  if (wait.async) await wait.value;
  if (n < 0) throw new RangeError(`item ${n}`);
  return n * 2;
}

function open(gate: Int32Array): void {
  Atomics.store(gate, 0, 1);
  Atomics.notify(gate, 0);
}

function closedGate(): Int32Array {
  return shared(new Int32Array(1));
}

/** Yields the items, then opens the gate and throws: no call has ended before. */
function* failing(numbers: number[], gate: Int32Array): Generator<GatedItem> {
  for (const n of numbers) yield { n, gate };
  open(gate);
  throw new TypeError("source");
}

/** The same as an async generator. */
async function* failingLater(
  numbers: number[],
  gate: Int32Array,
): AsyncGenerator<GatedItem> {
  await Promise.resolve();
  yield* failing(numbers, gate);
}

/** The same as a stream. */
function failingStream(
  numbers: number[],
  gate: Int32Array,
): ReadableStream<GatedItem> {
  const source = failing(numbers, gate);
  return new ReadableStream({
    pull(controller) {
      controller.enqueue(source.next().value);
    },
  }, { highWaterMark: 0 });
}

const FAILING_SOURCES = { failing, failingLater, failingStream };

/** Reads everything up to the error. */
async function readAll<T>(
  results: AsyncIterable<T>,
): Promise<{ seen: T[]; error: unknown }> {
  const seen: T[] = [];
  try {
    for await (const result of results) seen.push(result);
  } catch (error) {
    return { seen, error };
  }
  return { seen, error: undefined };
}

for (const [name, source] of Object.entries(FAILING_SOURCES)) {
  for (const ordered of [true, false]) {
    test(
      `All items read before a source throws come first: ${name}, ordered ${ordered}`,
      async () => {
        await using _runtime = await sharedRuntime(2);
        const mapped = computeMap(
          source([1, 2, 3, 4], closedGate()),
          gatedDouble,
          { concurrency: 8, ordered },
        );
        const { seen, error } = await readAll(mapped);
        assert.deepEqual(seen.sort(), [2, 4, 6, 8]);
        assert.equal((error as Error).message, "source");
        // The error is thrown once.
        assert.deepEqual(await mapped.next(), { done: true, value: undefined });
      },
      LIMIT,
    );
  }
}

test(
  "All items read before a source throws come first: computeTransform()",
  async () => {
    await using runtime = await sharedRuntime(2);
    const results = failingStream([1, 2, 3, 4], closedGate())
      .pipeThrough(runtime.computeTransform(gatedDouble, { concurrency: 8 }));
    const { seen, error } = await readAll(results as AsyncIterable<number>);
    assert.deepEqual(seen, [2, 4, 6, 8]);
    assert.equal((error as Error).message, "source");
  },
  LIMIT,
);

test(
  "An item that fails comes before a later error of the source, and after earlier items",
  async () => {
    await using _runtime = await sharedRuntime(2);
    for (const source of Object.values(FAILING_SOURCES)) {
      const mapped = computeMap(
        source([1, 2, -3, 4], closedGate()),
        gatedDouble,
        { concurrency: 8 },
      );
      const { seen, error } = await readAll(mapped);
      assert.deepEqual(seen, [2, 4]);
      assert.equal((error as Error).message, "item -3");
      assert.deepEqual(await mapped.next(), { done: true, value: undefined });
    }
  },
  LIMIT,
);

test(
  "An aborted signal does not wait for items read before a source threw",
  async () => {
    await using _runtime = await sharedRuntime(2);
    for (const ordered of [true, false]) {
      const abort = new AbortController();
      const gate = closedGate();
      const threw = new Latch();
      const source = (function* () {
        yield { n: 1, gate };
        threw.open();
        throw new TypeError("source");
      })();
      const mapped = computeMap(source, gatedDouble, {
        concurrency: 8,
        ordered,
        signal: abort.signal,
      });
      const next = mapped.next();
      await threw.wait();
      abort.abort(new Error("enough"));
      await assert.rejects(next, { message: "enough" });
      assert.deepEqual(await mapped.next(), { done: true, value: undefined });
      open(gate);
    }
  },
  LIMIT,
);

/** An endless source that counts how often it is closed. */
class CountedSource implements Iterator<number> {
  returned = 0;
  #n = 0;
  readonly #step: (n: number) => IteratorResult<number>;

  constructor(step: (n: number) => IteratorResult<number>) {
    this.#step = step;
  }

  next(): IteratorResult<number> {
    return this.#step(this.#n++);
  }

  return(): IteratorResult<number> {
    this.returned++;
    return { done: true, value: undefined };
  }
}

function endless(n: number): IteratorResult<number> {
  return { done: false, value: n };
}

function tripleOrFail(n: number): number {
  if (n === 20) throw new RangeError("item 20");
  return n * 3;
}

/** Maps a source, ends as `end` does, and returns how often the source was closed. */
async function closings(
  step: (n: number) => IteratorResult<number>,
  asynchronous: boolean,
  end: (
    mapped: AsyncIterableIterator<number>,
    abort: AbortController,
  ) => Promise<unknown>,
): Promise<number> {
  const source = new CountedSource(step);
  const abort = new AbortController();
  const iterable = asynchronous
    ? {
      [Symbol.asyncIterator]: () => ({
        next: () => Promise.resolve().then(() => source.next()),
        return: () => Promise.resolve(source.return()),
      }),
    }
    : { [Symbol.iterator]: () => source };
  const mapped = computeMap(iterable, tripleOrFail, {
    concurrency: 4,
    signal: abort.signal,
  });
  await end(mapped, abort);
  assert.deepEqual(await mapped.next(), { done: true, value: undefined });
  await mapped.return!();
  abort.abort();
  await mapped.return!();
  return source.returned;
}

for (const asynchronous of [false, true]) {
  const kind = asynchronous ? "asynchronous" : "synchronous";
  test(
    `A source is closed once, and never after it ended or threw: ${kind}`,
    async () => {
      await using _runtime = await sharedRuntime(2);
      const leave = await closings(endless, asynchronous, async (mapped) => {
        for await (const result of mapped) if (result === 9) break;
      });
      assert.equal(leave, 1, "the consumer left");
      const failed = await closings(endless, asynchronous, async (mapped) => {
        await assert.rejects(readToEnd(mapped), { message: "item 20" });
      });
      assert.equal(failed, 1, "an item failed");
      const aborted = await closings(
        endless,
        asynchronous,
        async (mapped, abort) => {
          await mapped.next();
          abort.abort(new Error("enough"));
          await assert.rejects(mapped.next(), { message: "enough" });
        },
      );
      assert.equal(aborted, 1, "the signal was aborted");
      const threw = await closings(
        (n) => {
          if (n === 5) throw new TypeError("source");
          return endless(n);
        },
        asynchronous,
        async (mapped) => {
          await assert.rejects(readToEnd(mapped), { message: "source" });
        },
      );
      assert.equal(threw, 0, "the source threw");
      const ended = await closings(
        (n) => n === 5 ? { done: true, value: undefined } : endless(n),
        asynchronous,
        readToEnd,
      );
      assert.equal(ended, 0, "the source ended");
    },
    LIMIT,
  );

  test(
    `A source that breaks the protocol is an error, not a hang: ${kind}`,
    async () => {
      await using _runtime = await sharedRuntime(2);
      const broken: ((n: number) => unknown)[] = [
        () => undefined,
        () => ({
          get done() {
            throw new TypeError("broken");
          },
        }),
        () => ({
          done: false,
          get value() {
            throw new TypeError("broken");
          },
        }),
      ];
      for (const step of broken) {
        await closings(
          (n) => (n < 2 ? endless(n) : step(n)) as IteratorResult<number>,
          asynchronous,
          async (mapped) => {
            const { seen, error } = await readAll(mapped);
            assert.deepEqual(seen, [0, 3]);
            assert.ok(error instanceof TypeError);
          },
        );
      }
    },
    LIMIT,
  );
}

async function readToEnd(mapped: AsyncIterable<number>): Promise<void> {
  for await (const _ of mapped);
}
