import assert from "node:assert/strict";
import {
  bars,
  callAt,
  CallLog,
  follow,
  KEPT_MS,
  neighbour,
  pan,
  TaskColours,
  zoom,
} from "../../lib/dashboard/timeline.js";
import type { Slice } from "../../lib/dashboard/types.ts";
import { test } from "../support/test.ts";

function call(startMs: number, ms: number, task = "f"): Slice {
  return {
    thread: "t",
    task,
    kind: "call",
    startMs,
    ms,
    caller: "main",
    failed: false,
    isUnfinished: false,
  };
}

const live = { endMs: 100_000, spanMs: 10_000, isLive: true };

test("A live view follows the time and keeps its end when it is zoomed", () => {
  assert.equal(follow(live, 101_000).endMs, 101_000);
  const zoomed = zoom(live, 0.5, 0, 100_000);
  assert.deepEqual(zoomed, { endMs: 100_000, spanMs: 5_000, isLive: true });
});

test("A view that was moved stays where it is, until it is moved to the end", () => {
  const moved = pan(live, -4_000, 100_000);
  assert.deepEqual(moved, { endMs: 96_000, spanMs: 10_000, isLive: false });
  assert.deepEqual(follow(moved, 101_000), moved);
  // What the pointer is at stays there: 86 s + 1/4 of 10 s = 88.5 s.
  const zoomed = zoom(moved, 0.2, 0.25, 100_000);
  assert.equal(zoomed.endMs - zoomed.spanMs * 0.75, 88_500);
  assert.ok(pan(moved, 4_000, 100_000).isLive);
});

test("No view reaches further back than what is kept, nor into the future", () => {
  const first = pan(live, -2 * KEPT_MS, 100_000);
  assert.equal(first.endMs - first.spanMs, 100_000 - KEPT_MS);
  assert.equal(zoom(first, 100, 0.5, 100_000).spanMs, KEPT_MS);
  // Time goes by, and with it what is kept.
  assert.equal(follow(first, 101_000).endMs, first.endMs + 1_000);
});

test("bars() merges calls that are shorter than a pixel, and cuts long ones", () => {
  const view = { endMs: 100, spanMs: 100, isLive: false };
  const slices = [
    call(-50, 20),
    call(-10, 20),
    call(20, 0.2),
    { ...call(20.3, 0.3, "g"), failed: true },
    call(20.8, 0.1),
    call(50, 10),
    call(90, 50),
    call(150, 1),
  ];
  assert.deepEqual(
    bars(slices, view, 100).map((
      { x, width, task, calls },
    ) => [x, width, task, calls]),
    [
      [0, 10, "f", 1],
      [20, 1, "g", 3],
      [50, 10, "f", 1],
      [90, 10, "f", 1],
    ],
  );
  const [, shared] = bars(slices, view, 100);
  assert.ok(shared.failed);
  assert.equal(shared.part.toFixed(3), "0.600");
});

test("CallLog keeps a minute, and begins anew with another clock", () => {
  const log = new CallLog();
  const isCut = false;
  log.add({ nowMs: 1_000, slices: [call(900, 50), call(100, 10)], isCut });
  assert.deepEqual(log.slices.get("t")!.map(({ startMs }) => startMs), [
    100,
    900,
  ]);
  log.add({ nowMs: KEPT_MS + 500, slices: [], isCut });
  assert.equal(log.slices.get("t")!.length, 1);
  log.add({ nowMs: 10, slices: [], isCut });
  assert.equal(log.slices.size, 0);
});

test("CallLog knows what still runs, and of which times it knows nothing", () => {
  const log = new CallLog();
  const running = { ...call(400, 600), isUnfinished: true };
  log.add({ nowMs: 1_000, slices: [running, call(500, 10)], isCut: false });
  assert.deepEqual(log.of("t"), [call(500, 10), running]);
  const ended = call(400, 1_300);
  log.add({ nowMs: 2_000, slices: [ended], isCut: false });
  assert.deepEqual(log.of("t"), [call(500, 10), ended]);
  const first = { startMs: -Infinity, endMs: 510 };
  assert.deepEqual(log.gaps, [first]);
  log.add({ nowMs: 3_000, slices: [call(2_800, 50)], isCut: true });
  log.add({ nowMs: 10_000, slices: [], isCut: false });
  assert.deepEqual(log.gaps, [
    first,
    { startMs: 2_000, endMs: 2_850 },
    { startMs: 8_000, endMs: 10_000 },
  ]);
});

test("A call is found by its time and by its neighbour", () => {
  const all = [call(0, 10), call(20, 10), call(40, 10)];
  assert.equal(callAt(all, 25, 1), all[1]);
  assert.equal(callAt(all, 31, 2), all[1]);
  assert.equal(callAt(all, 35, 2), undefined);
  const view = { endMs: 35, spanMs: 35, isLive: false };
  assert.equal(neighbour(all, undefined, -1, view), all[1]);
  assert.equal(neighbour(all, all[1], 1, view), all[2]);
  assert.equal(neighbour(all, all[2], 1, view), all[2]);
});

test("A task keeps its colour", () => {
  const colours = new TaskColours();
  assert.deepEqual(["a", "b", "a"].map((task) => colours.of(task)), [0, 1, 0]);
});
