import assert from "node:assert/strict";
import { Buffer } from "node:buffer";
import {
  computeMap,
  move,
  parRange,
  sharedValue,
  spawnCompute,
  WorkerLostError,
} from "../../mod.ts";
import { runtimeOfFile } from "../support/file_runtime.ts";
import { sumOf } from "../fixtures/tasks/large_values.ts";
import { unpinned } from "../support/runtime.ts";
import { sized } from "../support/stress.ts";
import { stressTest, test } from "../support/test.ts";

const sharedRuntime = runtimeOfFile();

const bytes = (length: number) => Uint8Array.from({ length }, (_, i) => i);
const isClone = (error: unknown) =>
  error instanceof DOMException && error.name === "DataCloneError";

for (const workers of [1, 3]) {
  test(`A moved buffer arrives and leaves its thread, with ${workers} workers`, async () => {
    await using runtime = await sharedRuntime(workers);
    const calls = Array.from({ length: 40 }, async (_, i) => {
      const sent = bytes(1_000 + i).fill(i);
      const promise = runtime.spawnCompute((sent: Uint8Array) => {
        sent[0]++;
        return { result: move(sent), buffer: sent.buffer };
      }, move(sent));
      // At once, also while the call waits for a slot.
      assert.equal(sent.length, 0);
      const { result, buffer } = await promise;
      assert.equal(result.buffer, buffer);
      assert.equal(result.length, 1_000 + i);
      assert.deepEqual([result[0], result[999]], [i + 1, i]);
    });
    await Promise.all(calls);
    // Between workers, and to the worker itself while all slots are taken.
    const sums = await runtime.spawnCompute(async (count: number) => {
      const sum = (bytes: Uint8Array) => bytes.reduce((a, b) => a + b, 0);
      const calls = Array.from({ length: count }, (_, i) => {
        const bytes = new Uint8Array(10).fill(i % 10);
        const call = spawnCompute(sum, move(bytes));
        return bytes.length === 0 ? call : Promise.reject("not moved");
      });
      return (await Promise.all(calls)).reduce((a, b) => a + b);
    }, 600);
    assert.equal(sums, 600 * 45);
  });
}

test("Views, buffers and repeated references keep their structure", async () => {
  await using runtime = await sharedRuntime(1);
  const buffer = bytes(64).buffer;
  const resizable = new ArrayBuffer(8, { maxByteLength: 32 });
  const value = {
    before: new DataView(buffer, 8, 8),
    floats: move(new Float32Array(buffer, 16, 4)),
    buffer,
    again: [buffer],
    node: move(Buffer.from(new ArrayBuffer(4))),
    resizable: move(resizable),
    copied: bytes(4),
    empty: move(new ArrayBuffer(0)),
  };
  const back = await runtime.spawnCompute((value) => {
    new Uint8Array(value.buffer)[8] = 99;
    value.resizable.resize(16);
    return { ...value, floats: move(value.floats) };
  }, value);
  assert.ok(buffer.detached && resizable.detached);
  assert.equal(value.copied.length, 4);
  assert.equal(back.before.getUint8(0), 99);
  assert.equal(back.floats.constructor, Float32Array);
  assert.deepEqual([back.floats.byteOffset, back.floats.length], [16, 4]);
  for (const each of [back.before.buffer, back.floats.buffer, back.again[0]]) {
    assert.equal(each, back.buffer);
  }
  assert.ok(Buffer.isBuffer(back.node) && back.node.length === 4);
  assert.equal(back.resizable.byteLength, 16);
  assert.equal(back.empty.byteLength, 0);
});

test("Event-loop workers and urgent calls get moved buffers", async () => {
  await using runtime = await unpinned(1).asyncThreads(2).build();
  const urgent = runtime.with({ priority: "high" });
  const [sent, other] = [bytes(100), bytes(100)];
  const promise = urgent.spawnCompute((b: Uint8Array) => move(b), move(sent));
  const total = runtime.spawnAsync(sumOf, move(other));
  assert.deepEqual([sent.length, other.length], [0, 0]);
  assert.equal((await promise).length, 100);
  assert.equal(await total, 4950);
});

test("Ports, blobs and streams are moved where the runtime can", async () => {
  await using runtime = await sharedRuntime(1);
  const { port1, port2 } = new MessageChannel();
  const answer = new Promise((settle) => port1.onmessage = settle);
  const blob = await runtime.spawnCompute(
    async (port, blob) => {
      port.postMessage(await blob.text());
      return move(blob);
    },
    move(port2),
    move(new Blob(["warp"])),
  );
  assert.equal((await answer as MessageEvent).data, "warp");
  port1.close();
  assert.equal(await blob.text(), "warp");

  const stream = new Blob(["weft"]).stream();
  if ("Bun" in globalThis) {
    return assert.throws(() => move(stream), /Cannot move ReadableStr/);
  }
  const upper = new TransformStream({
    transform: (chunk, out) => out.enqueue(chunk.map((b: number) => b - 32)),
  });
  const text = new Response(upper.readable).text();
  const pipe = (from: ReadableStream, to: WritableStream) => from.pipeTo(to);
  await runtime.spawnCompute(pipe, move(stream), move(upper.writable));
  assert.equal(await text, "WEFT");
  await assert.rejects(
    runtime.spawnCompute(() => move(new ReadableStream())),
    /Cannot move stream out of a compute worker: nothing would flow/,
  );
  const locked = new ReadableStream();
  locked.getReader();
  await assert.rejects(
    runtime.spawnCompute((_: unknown) => 1, move(locked)),
    isClone,
  );
});

test("move() refuses what cannot be moved", () => {
  const refused: [unknown, RegExp][] = [
    [new SharedArrayBuffer(8), /all threads have its memory already/],
    [
      new Uint8Array(new SharedArrayBuffer(8)),
      /^Cannot move SharedArrayBuffer/,
    ],
    [Buffer.from(new ArrayBuffer(8), 0, 4), /^Cannot move Buffer: .* pool/],
    [{}, /^Cannot move Object: only ArrayBuffers/],
  ];
  for (const [object, message] of refused) {
    assert.throws(() => move(object as ArrayBuffer), (error: Error) => {
      assert.ok(isClone(error));
      assert.match(error.message, message);
      return true;
    });
  }
});

test("A refused call moves nothing, and the next one does", async () => {
  await using runtime = await sharedRuntime(1);
  const sent = bytes(100);
  const take = (bytes: Uint8Array, _: unknown) => bytes.length;
  const refused = runtime.spawnCompute(take, move(sent), () => {});
  await assert.rejects(refused, isClone);
  assert.equal(sent.length, 100);
  assert.equal(await runtime.spawnCompute(take, sent, 0), 100);
  assert.equal(sent.length, 0);
  await assert.rejects(runtime.spawnCompute(take, sent, 0), isClone);
  assert.throws(
    () => sharedValue({ bytes: move(bytes(4)) }),
    /shared value\.bytes is an object to be moved, where values can only/,
  );
  // Several threads read the values of a loop, so they get copies.
  const extra = bytes(4);
  const range = parRange(0, 4).map((i, extra) => extra[i] * 2, move(extra));
  assert.deepEqual([...await range.collectAsync()], [0, 2, 4, 6]);
  assert.equal(extra.length, 0);
});

test("Items of computeMap are moved, and so are their results", async () => {
  await using _runtime = await sharedRuntime(2);
  const items = Array.from({ length: 200 }, (_, i) => bytes(100).fill(i));
  const results = computeMap(items.map((item) => move(item)), (item) => {
    if (item[0] === 150) throw new RangeError("an item");
    return move(new Uint16Array(item.buffer, 2, 2));
  }, { concurrency: 16 });
  const seen: number[] = [];
  await assert.rejects(async () => {
    for await (const [first] of results) seen.push(first);
  }, RangeError);
  assert.deepEqual(seen, Array.from({ length: 150 }, (_, i) => i * 257));
  assert.ok(items.slice(0, 150).every(({ length }) => length === 0));
});

stressTest("Calls with moved buffers settle when workers end", async () => {
  await using runtime = await sharedRuntime(2);
  for (let round = 0; round < sized(3, 60); round++) {
    const calls = Array.from({ length: 30 }, async (_, i) => {
      const call = runtime.spawnCompute(
        (bytes: Uint8Array, end: boolean) => {
          if (end) process.exit(1);
          return move(bytes);
        },
        move(bytes(50_000)),
        i % 10 === 5,
      );
      assert.equal((await call).length, 50_000);
    });
    for (const outcome of await Promise.allSettled(calls)) {
      if (outcome.status === "fulfilled") continue;
      assert.ok(outcome.reason instanceof WorkerLostError, outcome.reason);
    }
  }
});
