import assert from "node:assert/strict";
import { Arena, KEPT_BYTES } from "../../lib/bridge/arena.ts";
import { NO_PAGES } from "../../lib/bridge/pages.ts";
import { IdleMemory } from "../../lib/payloads/idle_memory.ts";
import { SpareArray } from "../../lib/payloads/spare_array.ts";
import { test } from "../support/test.ts";
import { unguarded } from "../support/unguarded.ts";

const GARBAGE_BYTES = 1000;

/** The memory of a thread, and how often garbage was collected. */
function createMemory() {
  const arena = Arena.create(8 * KEPT_BYTES);
  arena.resume();
  const counts = { collections: 0, held: 0, inFlight: 0, kept: 0, returns: 0 };
  const memory = new IdleMemory(
    [arena],
    new SpareArray(),
    {
      ...NO_PAGES,
      keepFreed(keeps) {
        counts.kept = keeps ? 1 : 0;
        if (!keeps) counts.returns++;
      },
    },
    {
      garbageBytes: GARBAGE_BYTES,
      collect: () => counts.collections++,
    },
    () => counts.inFlight !== 0,
    unguarded(),
  );
  memory.onHeld = () => counts.held++;
  return { arena, memory, counts };
}

/** Sends and releases a payload. */
function use(arena: Arena, byteLength: number): void {
  const block = arena.tryAllocate(byteLength);
  arena.unpublished = 0;
  arena.release(block);
}

test("A thread that sends small payloads has nothing to look after", () => {
  const { arena, memory, counts } = createMemory();
  for (let i = 0; i < 1000; i++) use(arena, 1000);
  assert.equal(memory.isHeld, false);
  assert.equal(memory.isDue, false);
  assert.deepEqual(counts, {
    collections: 0,
    held: 0,
    inFlight: 0,
    kept: 0,
    returns: 0,
  });
});

test("Garbage is collected once, at a look that finds no new payload", () => {
  const { memory, counts } = createMemory();
  memory.note(GARBAGE_BYTES);
  memory.look();
  memory.note(1);
  memory.look();
  assert.deepEqual(counts, {
    collections: 0,
    held: 1,
    inFlight: 0,
    kept: 0,
    returns: 0,
  });
  assert.equal(memory.isHeld, true);
  memory.look();
  assert.deepEqual(counts, {
    collections: 1,
    held: 1,
    inFlight: 0,
    kept: 0,
    returns: 0,
  });
  assert.equal(memory.isHeld, false);
  // Too little to collect, and again enough.
  for (const [bytes, collections] of [[GARBAGE_BYTES - 1, 1], [1, 2]]) {
    memory.note(bytes);
    for (let looks = 0; looks < 2; looks++) memory.look();
    assert.equal(memory.isHeld, false);
    assert.equal(counts.collections, collections);
  }
});

test("Garbage is collected only when no call that may keep its arguments is in flight", () => {
  const { memory, counts } = createMemory();
  memory.note(GARBAGE_BYTES);
  counts.inFlight = 1;
  for (let looks = 0; looks < 5; looks++) memory.look();
  assert.equal(counts.collections, 0);
  assert.equal(memory.isHeld, true);
  counts.inFlight = 0;
  memory.look();
  assert.equal(counts.collections, 1);
  assert.equal(memory.isHeld, false);
});

test("Freed memory is kept while large payloads follow each other, and returned after the collection", () => {
  const { memory, counts } = createMemory();
  for (let i = 0; i < 10; i++) {
    memory.note(8 << 20);
    memory.look();
    assert.equal(counts.kept, 1);
  }
  memory.look();
  assert.equal(counts.collections, 1);
  assert.equal(counts.kept, 1);
  assert.equal(memory.isHeld, true);
  for (let returns = 1; memory.isHeld; returns++) {
    memory.look();
    assert.equal(counts.kept, 0);
    assert.equal(counts.returns, returns);
  }
  assert.ok(counts.returns > 1, "blocks may be freed after the first time");
});

test("A thread looks after its arenas until nothing is left to give back", () => {
  const { arena, memory, counts } = createMemory();
  for (let times = 1; times <= 2; times++) {
    use(arena, 4 * KEPT_BYTES);
    assert.equal(memory.isHeld, true);
    assert.equal(counts.held, times);
    memory.look();
    assert.equal(memory.isHeld, true, "the memory was in use before this look");
    memory.look();
    assert.equal(memory.isHeld, false);
  }
  use(arena, 4 * KEPT_BYTES);
  memory.stop();
  assert.equal(memory.isHeld, false);
});
