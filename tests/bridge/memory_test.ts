import assert from "node:assert/strict";
import {
  type BridgeMemory,
  capacityFor,
  createBridgeMemory,
} from "../../lib/bridge/memory.ts";
import { test } from "../support/test.ts";

/** What a worker sees, which JavaScriptCore counts as a part of its heap. */
function bytesOf(workers: number): number {
  const capacity = capacityFor(1024, workers);
  const memory = createBridgeMemory(workers, 0, capacity, 1 << 26);
  return buffersOf(memory).reduce((sum, { byteLength }) => sum + byteLength, 0);
}

function buffersOf(
  { control, results, lanes, metrics, texts }: BridgeMemory,
): SharedArrayBuffer[] {
  const ofLanes = lanes.flat().flatMap(({ words, arena }) => [words, arena]);
  return [control, ...results, ...ofLanes, metrics, texts];
}

test("The shared memory of many workers grows no faster than their number", () => {
  assert.ok(bytesOf(64) < 4 * bytesOf(16));
  assert.ok(bytesOf(16) < 4 * bytesOf(4));
});
