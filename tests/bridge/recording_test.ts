import assert from "node:assert/strict";
import { Worker } from "node:worker_threads";
import {
  createRecording,
  EVENT_RUN,
  RECORDED_EVENTS,
  Recorder,
  RecordReader,
} from "../../lib/bridge/recording.ts";
import { sized } from "../support/stress.ts";
import { stressTest, test } from "../support/test.ts";

const THREAD = 1;
const WRITER = new URL(
  "../fixtures/bridge/recording_writer.ts",
  import.meta.url,
);

/** A recorder that records. */
function newRecorder(): Recorder {
  const recorder = new Recorder(createRecording(2), THREAD);
  recorder.prepare();
  recorder.set(true);
  return recorder;
}

test("A recording needs no memory before it begins, and keeps all of an event", () => {
  const buffer = createRecording(2);
  assert.equal(buffer.byteLength, 0);
  const recorder = new Recorder(buffer, THREAD);
  recorder.prepare();
  recorder.set(true);
  const reader = new RecordReader(buffer, THREAD);
  const [kind, startMs, ms, task, call] = [EVENT_RUN, 12.5, 0.25, 65_535, 7e6];
  const [failed, items] = [true, 1_000_000];
  recorder.add(kind, startMs, ms, task, call, failed, items);
  recorder.add(kind, startMs, ms, 1, 0, false, 1);
  const other = { kind, thread: THREAD, startMs, ms };
  assert.deepEqual(reader.read(), [
    { ...other, task, call, failed, items },
    { ...other, task: 1, call: 0, failed: false, items: 1 },
  ]);
  assert.deepEqual(reader.read(), []);
});

test("A reader that comes late gets the latest events, and counts the others", () => {
  const recorder = newRecorder();
  const reader = new RecordReader(recorder.buffer, THREAD);
  const count = RECORDED_EVENTS * 2 + 5;
  for (let n = 1; n <= count; n++) {
    recorder.add(EVENT_RUN, n, n, 1, n, false, 1);
  }
  const events = reader.read();
  assert.equal(events.length + reader.lostCount, count);
  assert.ok(events.length > RECORDED_EVENTS * 0.9);
  assert.deepEqual(
    events.map(({ call }) => call),
    events.map((_, index) => count - events.length + 1 + index),
  );
  // A worker that replaces the first one goes on behind its events.
  const next = new Recorder(recorder.buffer, THREAD);
  next.set(true);
  next.add(EVENT_RUN, 1, 1, 1, count + 1, false, 1);
  assert.deepEqual(reader.read().map(({ call }) => call), [count + 1]);
  assert.ok(reader.lostCount < count);
});

const COUNT = sized(500_000, 20_000_000);

stressTest(
  `A reader sees ${COUNT} events whole and in order while a thread writes them`,
  async () => {
    const buffer = createRecording(2);
    new Recorder(buffer, THREAD).prepare();
    const reader = new RecordReader(buffer, THREAD);
    const worker = new Worker(WRITER, {
      workerData: { buffer, thread: THREAD, count: COUNT },
    });
    const hasEnded = new Promise<void>((resolve, reject) => {
      worker.once("error", reject);
      worker.once("exit", () => resolve());
    });
    let isOver = false;
    hasEnded.finally(() => isOver = true);
    let seen = 0;
    let count = 0;
    const read = () => {
      for (const { startMs, ms, task, call } of reader.read()) {
        assert.deepEqual([ms, call, task], [startMs, startMs, startMs % 1000]);
        assert.ok(startMs > seen);
        seen = startMs;
        count++;
      }
    };
    while (!isOver) {
      read();
      await new Promise((resolve) => setImmediate(resolve));
    }
    await hasEnded;
    read();
    assert.equal(seen, COUNT);
    assert.equal(count + reader.lostCount, COUNT);
  },
);
