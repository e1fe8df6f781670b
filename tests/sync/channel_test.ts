import assert from "node:assert/strict";
import { Channel, ChannelClosedError, Mutex } from "../../lib/sync/mod.ts";
import { runtimeOfFile } from "../support/file_runtime.ts";
import { sized } from "../support/stress.ts";
import { stressTest, test } from "../support/test.ts";

const sharedRuntime = runtimeOfFile();

stressTest(
  "a channel hands over each value once, between any threads",
  async () => {
    await using runtime = await sharedRuntime(3);
    const channel = new Channel<number>(4);
    const count = sized(200, 20_000);
    const send = async (
      channel: Channel<number>,
      from: number,
      count: number,
    ) => {
      for (let i = 0; i < count; i++) await channel.send(from * count + i);
    };
    const receive = async (channel: Channel<number>) => {
      const numbers: number[] = [];
      for await (const number of channel) numbers.push(number);
      return numbers;
    };
    const received = [
      runtime.spawnCompute(receive, channel),
      runtime.spawnCompute(receive, channel),
      receive(channel),
    ];
    await Promise.all([
      runtime.spawnCompute(send, channel, 0, count),
      runtime.spawnCompute(send, channel, 1, count),
      send(channel, 2, count),
    ]);
    channel.close();
    const numbers = (await Promise.all(received)).flat().sort((a, b) => a - b);
    assert.deepEqual(numbers, Array.from({ length: 3 * count }, (_, i) => i));
  },
);

test("a channel carries any value that a call carries", async () => {
  await using runtime = await sharedRuntime(1);
  const channel = new Channel<unknown>(3, { bytes: 1 << 10 });
  const words = new Int32Array(new SharedArrayBuffer(8));
  const mutex = new Mutex();
  const values = [
    1.5,
    -0,
    undefined,
    { text: "ä", list: [1, new Map([[1, 2n]])] },
    new RangeError("message"),
    new Uint8Array(1_000_000).fill(7),
    "x".repeat(300),
    { words, mutex },
    channel,
  ];
  const relay = async (from: Channel<unknown>, to: Channel<unknown>) => {
    for await (const value of from) await to.send(value);
    to.close();
  };
  const back = new Channel<unknown>(2);
  const relayed = runtime.spawnCompute(relay, channel, back);
  const sent = (async () => {
    for (const value of values) await channel.send(value);
    channel.close();
  })();
  const received: unknown[] = [];
  for await (const value of back) received.push(value);
  await Promise.all([sent, relayed]);
  assert.deepEqual(received.slice(0, 7), values.slice(0, 7));
  const { words: view, mutex: same } = received[7] as {
    words: Int32Array;
    mutex: Mutex;
  };
  words[1] = 5;
  assert.equal(view[1], 5);
  assert.ok(same === mutex);
  assert.ok(received[8] === channel);
  await assert.rejects(back.send(1), ChannelClosedError);
  await assert.rejects(new Channel(1).send(() => {}), /item.*function/);
});

test("a full channel holds its senders up, and an empty one its receivers", async () => {
  await using runtime = await sharedRuntime(1);
  const channel = new Channel<number>(2);
  const sent = runtime.alloc(Int32Array, 1);
  const send = (channel: Channel<number>, sent: Int32Array) => {
    for (let i = 1; i <= 5; i++) {
      channel.sendSync(i);
      Atomics.store(sent, 0, i);
    }
    channel.close();
  };
  const call = runtime.spawnCompute(send, channel, sent);
  while (Atomics.load(sent, 0) < 2) await turn();
  assert.equal(channel.length, 2);
  assert.equal(channel.trySend(0), false);
  assert.deepEqual(channel.tryReceive(), { value: 1, done: false });
  while (Atomics.load(sent, 0) < 3) await turn();
  assert.equal(channel.length, 2);
  assert.deepEqual([...channel], [2, 3, 4, 5]);
  await call;
  assert.deepEqual(await channel.receive(), { value: undefined, done: true });
  assert.throws(() => channel.trySend(0), ChannelClosedError);
});

test("closing a channel ends what waits for it", async () => {
  await using runtime = await sharedRuntime(1);
  const channel = new Channel<number>(1);
  const received = channel.receive();
  const blocked = runtime.spawnCompute(
    (channel: Channel<number>) => channel.receiveSync().done,
    channel,
  );
  channel.close();
  assert.equal((await received).done, true);
  assert.equal(await blocked, true);
  const full = new Channel<number>(1);
  full.trySend(1);
  const waiting = full.send(2);
  full.close();
  await assert.rejects(waiting, ChannelClosedError);
  assert.deepEqual([...full], [1]);
});

/** Lets timers and I/O run. */
function turn(): Promise<void> {
  return new Promise((resolve) => setImmediate(resolve));
}
