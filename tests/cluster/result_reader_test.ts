import assert from "node:assert/strict";
import { KIND } from "../../lib/cluster/frame.ts";
import { writeOutcomes } from "../../lib/cluster/item_results.ts";
import { ResultReader } from "../../lib/cluster/result_reader.ts";
import type { Streams } from "../../lib/cluster/streams.ts";
import { smallPayloads as payloads } from "../support/cluster.ts";
import { test } from "../support/test.ts";

/** A stream of results. */
class FakeStream {
  /** Up to, and not including, which number messages were removed, and the last one then. */
  readonly purged: (readonly [end: number, last: number])[] = [];
  #last = 0;
  readonly #data = writeOutcomes(payloads, { kind: KIND.RESULTS }, [
    { status: "fulfilled", value: 1 },
  ]);

  results() {
    const messages = {
      [Symbol.asyncIterator]: () => this.#messages(),
      close: () => Promise.resolve(),
    };
    return Promise.resolve(messages);
  }

  purge(_kind: string, _subject: string, end: number): Promise<void> {
    this.purged.push([end, this.#last]);
    return Promise.resolve();
  }

  async *#messages() {
    const data = await this.#data;
    while (++this.#last <= 600) {
      const streamSequence = this.#last;
      yield {
        data,
        subject: `r.${streamSequence}-1`,
        info: { streamSequence },
      };
    }
  }
}

test("Taken results are removed, but never the last message of the stream", async () => {
  const stream = new FakeStream();
  const came: number[] = [];
  const end = Promise.withResolvers<void>();
  const reader = new ResultReader({
    streams: stream as unknown as Streams,
    payloads,
    subject: "r",
    isTaken: (index) => came.includes(index),
    arrived: ({ first }) => {
      came.push(first);
      reader.removeTaken();
      if (first === 600) end.resolve();
    },
  });
  const run = reader.run();
  await end.promise;
  await reader.stop();
  await run;
  assert.deepEqual(stream.purged, [[257, 257], [513, 513]]);
});
