/**
 * The pages that an arena gives back to the kernel, with a kernel that counts them.
 *
 * @module
 */

import assert from "node:assert/strict";
import { Arena, KEPT_BYTES, NO_BLOCK } from "../../lib/bridge/arena.ts";
import { test } from "../support/test.ts";

const MIB = 1 << 20;

/** A large arena, and the bytes that it has given back; like the kernel, it clears them. */
function createArena(): { arena: Arena; dropped: [number, number][] } {
  const arena = Arena.create(64 * MIB);
  const dropped: [number, number][] = [];
  arena.resume();
  arena.pages = {
    drop(memory) {
      dropped.push([memory.byteOffset, memory.byteOffset + memory.length]);
      memory.fill(0);
    },
    preferHuge() {},
    keepFreed() {},
  };
  return { arena, dropped };
}

/** Sends bytes of this value, as payloads/payloads.ts does. */
function send(arena: Arena, byteLength: number, value: number): number {
  const block = arena.tryAllocate(byteLength);
  assert.notEqual(block, NO_BLOCK);
  arena.unpublished = NO_BLOCK;
  payload(arena, block, byteLength).fill(value);
  return block;
}

function payload(arena: Arena, block: number, byteLength: number): Uint8Array {
  const at = Arena.payloadByte(block);
  return arena.bytesWith(block, byteLength).subarray(at, at + byteLength);
}

test("Arena.trim() gives everything back but the first pages when nothing was in use since the last one", () => {
  const { arena, dropped } = createArena();
  let calls = 0;
  arena.onExcess = () => calls++;
  const block = send(arena, 32 * MIB, 1);
  const end = block * 8 + 32 * MIB;
  assert.equal(calls, 1);
  arena.release(block);
  arena.trim();
  assert.deepEqual(dropped, [], "it was in use");
  assert.equal(arena.hasExcess, true);
  arena.trim();
  assert.equal(dropped.length, 1);
  assert.equal(dropped[0][0], KEPT_BYTES);
  assert.ok(dropped[0][1] >= end);
  assert.equal(arena.hasExcess, false);
});

test("Payloads that are sent after pages were given back arrive, also for the next owner", () => {
  const { arena } = createArena();
  for (let value = 1; value <= 3; value++) {
    const sizes = [32 * MIB, 300, 5 * MIB];
    const blocks = sizes.map((size) => send(arena, size, value));
    for (const [i, block] of blocks.entries()) {
      const bytes = payload(arena, block, sizes[i]);
      assert.ok(bytes.every((byte) => byte === value), `${sizes[i]} bytes`);
      arena.release(block);
    }
    for (let trims = 0; trims < 2; trims++) arena.trim();
    assert.equal(arena.hasExcess, false);
  }
  const next = new Arena(arena.buffer);
  next.resume();
  assert.equal(next.hasExcess, true, "it cannot know what was given back");
  assert.notEqual(next.tryAllocate(64 * MIB), NO_BLOCK);
});

test("Large payloads that follow each other use the same pages", () => {
  const { arena, dropped } = createArena();
  for (let i = 0; i < 100; i++) {
    const blocks = [send(arena, 8 * MIB, 1), send(arena, 8 * MIB, 2)];
    for (const block of blocks) arena.release(block);
    arena.trim();
  }
  assert.deepEqual(dropped, []);
  // Smaller ones follow: only what they do not use is given back, and only once.
  for (let i = 0; i < 100; i++) {
    arena.release(send(arena, 4 * MIB, 1));
    arena.trim();
  }
  assert.equal(dropped.length, 1);
  assert.ok(dropped[0][0] >= 4 * MIB);
});

test("Arena.trim() gives back free blocks while another block is in use", () => {
  const { arena, dropped } = createArena();
  const [before, live, after] = [1, 2, 3].map((value) =>
    send(arena, 8 * MIB, value)
  );
  arena.release(before);
  arena.release(after);
  for (let trims = 0; trims < 2; trims++) arena.trim();
  const bytes = dropped.reduce((sum, [start, end]) => sum + end - start, 0);
  assert.ok(bytes >= 8 * MIB, `${bytes}`);
  assert.ok(payload(arena, live, 8 * MIB).every((byte) => byte === 2));
  assert.equal(arena.hasExcess, true);
  const again = send(arena, 8 * MIB, 4);
  assert.ok(payload(arena, again, 8 * MIB).every((byte) => byte === 4));
  assert.ok(payload(arena, live, 8 * MIB).every((byte) => byte === 2));
  for (const block of [live, again]) arena.release(block);
  for (let trims = 0; trims < 2; trims++) arena.trim();
  assert.equal(arena.hasExcess, false);
});

test("Payloads begin on a cache line", () => {
  const { arena } = createArena();
  for (const size of [1, 300, 1000, 5000, 70_000, MIB]) {
    for (let i = 0; i < 3; i++) {
      const block = send(arena, size, 1);
      assert.equal(Arena.payloadByte(block) % 64, 0, `${size} bytes`);
    }
  }
});
