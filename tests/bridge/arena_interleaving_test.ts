import assert from "node:assert/strict";
import { Arena, NO_BLOCK } from "../../lib/bridge/arena.ts";
import {
  ARENA_BLOCKS_BYTE,
  ARENA_RETURNED,
  ARENA_WANTED,
} from "../../lib/bridge/layout.ts";
import { NO_PAGES } from "../../lib/bridge/pages.ts";
import { Parker } from "../../lib/bridge/parker.ts";
import type { Words } from "../../lib/bridge/words.ts";
import { explore, exploreAll } from "../support/interleave/explore.ts";
import type {
  Scenario,
  Self,
  SimulatedThread,
} from "../support/interleave/scenario.ts";
import { sized } from "../support/stress.ts";
import { stressTest, test } from "../support/test.ts";

/** The smallest block and what fits into it. */
const BLOCK_BYTES = 512;
const PAYLOAD_BYTES = 100;
const BLOCK_COUNT = 2;
const ARENA_BYTES = ARENA_BLOCKS_BYTE + BLOCK_COUNT * BLOCK_BYTES;
/** Not part of an arena: the owner's parker, and the block that each reader received. */
const PARK = ARENA_BYTES / 4;
const PASSED = PARK + 1;
/** For each block, whether a reader has not released it. */
const UNREAD = PASSED + 2;
const WORD_COUNT = UNREAD + BLOCK_COUNT;

type Alter = (words: Words) => Words;
const unaltered: Alter = (words) => words;

function arenaOn(words: Words): Arena {
  return new Arena(new SharedArrayBuffer(ARENA_BYTES), words);
}

function unread(block: number): number {
  return UNREAD + (block * 8 - ARENA_BLOCKS_BYTE) / BLOCK_BYTES;
}

/** Passes a block to a reader. */
function pass(words: Words, reader: number, block: number): void {
  assert.equal(words.read(unread(block)), 0, "a block was allocated twice");
  words.write(unread(block), 1);
  words.store(PASSED + reader, block);
  words.notify(PASSED + reader);
}

/** Allocates like payloads/payloads.ts, and sleeps until a block is free. */
function allocate(words: Words, arena: Arena): number {
  const parker = new Parker(words, PARK);
  while (true) {
    let block = tryAllocate(arena);
    if (block !== NO_BLOCK) return block;
    arena.want();
    block = tryAllocate(arena);
    if (block !== NO_BLOCK) return block;
    parker.park();
  }
}

/** Allocates a block whose payload is published right afterwards. */
function tryAllocate(arena: Arena): number {
  const block = arena.tryAllocate(PAYLOAD_BYTES);
  arena.unpublished = NO_BLOCK;
  return block;
}

/** Passes `blocks` blocks to two readers in turn and sleeps when none is free. */
function owner(blocks: number, alter: Alter): SimulatedThread["run"] {
  return (words) => {
    const arena = arenaOn(alter(words));
    arena.resume();
    for (let i = 0; i < blocks; i++) {
      pass(words, i % 2, allocate(words, arena));
      // A reader holds one block at a time.
      if (i + 2 < blocks) waitForChange(words, PASSED + i % 2);
    }
  };
}

function waitForChange(words: Words, index: number): void {
  for (let now = words.load(index); now !== 0; now = words.load(index)) {
    words.wait(index, now);
  }
}

/** Reads and releases the blocks that the owner passes to it. */
function reader(
  number: number,
  blocks: number,
  alter: Alter,
): SimulatedThread["run"] {
  return (words, self: Self) => {
    const arena = arenaOn(alter(words));
    for (let i = 0; i < blocks; i++) {
      while (words.load(PASSED + number) === 0) words.wait(PASSED + number, 0);
      const block = words.exchange(PASSED + number, 0);
      words.notify(PASSED + number);
      words.write(unread(block), 0);
      if (!arena.release(block)) continue;
      self.note(block);
      new Parker(words, PARK).unpark();
    }
  };
}

/** Each of two readers has a block; the owner needs `more` blocks. */
function full(more: number, alter: Alter = unaltered): Scenario {
  const blocks: number[] = [];
  return {
    wordCount: WORD_COUNT,
    prepare(words) {
      const arena = arenaOn(words);
      for (let i = 0; i < BLOCK_COUNT; i++) {
        blocks[i] = tryAllocate(arena);
        words.store(unread(blocks[i]), 1);
      }
      assert.equal(tryAllocate(arena), NO_BLOCK);
    },
    threads: [
      {
        run(words) {
          const arena = arenaOn(alter(words));
          arena.resume();
          for (let i = 0; i < more; i++) {
            const block = allocate(words, arena);
            assert.equal(
              words.read(unread(block)),
              0,
              "a block was allocated twice",
            );
            words.write(unread(block), 1);
          }
        },
      },
      ...[0, 1].map((i) => ({
        run(words: Words, self: Self) {
          const arena = arenaOn(alter(words));
          words.write(unread(blocks[i]), 0);
          if (!arena.release(blocks[i])) return;
          self.note(blocks[i]);
          new Parker(words, PARK).unpark();
        },
      })),
    ],
  };
}

test("an owner that waits for a block is unparked, whichever reader releases first", () => {
  exploreAll("one more", full(1), 1000);
  exploreAll("two more", full(2), 1000);
});

stressTest(
  "Arena.tryAllocate() returns a released block once while two readers release",
  () => {
    exploreAll("two readers", {
      wordCount: WORD_COUNT,
      preemptions: sized(2, 3),
      threads: [
        { run: owner(4, unaltered) },
        { run: reader(0, 2, unaltered) },
        { run: reader(1, 2, unaltered) },
      ],
    }, 1000);
  },
);

test("Arena.resume() allocates no block that is still being read, wherever the previous owner ended", () => {
  exploreAll("successor", {
    wordCount: WORD_COUNT,
    threads: [
      {
        run(words) {
          const arena = arenaOn(words);
          arena.resume();
          pass(words, 0, allocate(words, arena));
          waitForChange(words, PASSED);
          pass(words, 0, allocate(words, arena));
        },
        mayEnd: true,
      },
      {
        after: 0,
        run(words, self) {
          const arena = arenaOn(words);
          arena.resume();
          for (let i = 0; i < BLOCK_COUNT; i++) {
            const block = tryAllocate(arena);
            if (block === NO_BLOCK) return;
            assert.equal(words.read(unread(block)), 0, "allocated twice");
            words.write(unread(block), 1);
            self.note(block);
          }
        },
      },
      { run: reader(0, 2, unaltered) },
    ],
    mayStayParked: true,
    check: ({ notes }) => assert.equal(new Set(notes[1]).size, notes[1].length),
  }, 1000);
});

/**
 * The owner trims while two readers hold a block each, then passes one more to each. Dropping
 * pages clears the payloads, from which the readers take what the owner has written.
 */
function trimmed(takesReturned: boolean): Scenario {
  const payload = (block: number) => Arena.payloadByte(block) >> 2;
  return {
    wordCount: WORD_COUNT,
    // With 3, the states do not fit the heap of V8.
    preemptions: 2,
    threads: [
      {
        run(words) {
          const buffer = new SharedArrayBuffer(ARENA_BYTES);
          const arena = new Arena(buffer, words, 0);
          arena.resume();
          const drop = ({ byteOffset, length }: Uint8Array) => {
            for (let at = 0; at < length; at += 4) {
              words.write((byteOffset + at) >> 2, 0);
            }
          };
          arena.pages = { ...NO_PAGES, drop };
          for (let i = 0; i < 2 * BLOCK_COUNT; i++) {
            const block = allocate(words, arena);
            words.write(payload(block), block);
            pass(words, i % 2, block);
            if (!takesReturned) arena.release(block);
            if (i % 2 === 0) continue;
            // Twice: the first one keeps what was in use before it.
            for (let trims = 0; trims < 2; trims++) arena.trim();
            for (let j = 0; j < 2; j++) waitForChange(words, PASSED + j);
          }
        },
      },
      ...[0, 1].map((number) => ({
        run(words: Words) {
          const arena = arenaOn(words);
          for (let i = 0; i < 2; i++) {
            while (words.load(PASSED + number) === 0) {
              words.wait(PASSED + number, 0);
            }
            const block = words.load(PASSED + number);
            assert.equal(words.read(payload(block)), block, "a page was lost");
            words.write(unread(block), 0);
            words.exchange(PASSED + number, 0);
            words.notify(PASSED + number);
            if (takesReturned && arena.release(block)) {
              new Parker(words, PARK).unpark();
            }
          }
        },
      })),
    ],
  };
}

test("Arena.trim() drops no page of a block that is still being read", () => {
  exploreAll("two readers", trimmed(true), 1000);
});

test("the checker detects an Arena whose owner trims a block that is still being read", () => {
  assert.throws(() => explore(trimmed(false)), /a page was lost/);
});

for (
  const [what, alter] of [
    [
      "releases without comparing",
      (words) => ({
        ...words,
        compareExchange(index, expected, value) {
          words.store(index, value);
          return expected;
        },
      }),
    ],
    [
      "sets WANTED only after its second attempt",
      (words) => {
        let asked = false;
        return {
          ...words,
          store(index, value) {
            if (index === ARENA_WANTED) asked = true;
            else words.store(index, value);
          },
          load(index) {
            const value = words.load(index);
            if (index === ARENA_RETURNED && asked && value === 0) {
              asked = false;
              words.store(ARENA_WANTED, 1);
            }
            return value;
          },
        };
      },
    ],
    [
      "loads WANTED before the release",
      (words) => {
        let wanted = 0;
        return {
          ...words,
          compareExchange(index, expected, value) {
            wanted = words.load(ARENA_WANTED);
            return words.compareExchange(index, expected, value);
          },
          load: (index) => index === ARENA_WANTED ? wanted : words.load(index),
        };
      },
    ],
    [
      "reads the returned blocks without emptying the stack",
      (words) => ({
        ...words,
        exchange: (index, value) =>
          index === ARENA_RETURNED
            ? words.load(index)
            : words.exchange(index, value),
      }),
    ],
  ] as [string, Alter][]
) {
  test(`the checker detects an Arena that ${what}`, () => {
    assert.throws(() => explore(full(2, alter)), /lost wake-up|threw/);
  });
}

test("Arena.tryAllocate() frees a block whose payload was never published", () => {
  const arena = Arena.create(PAYLOAD_BYTES);
  const block = arena.tryAllocate(PAYLOAD_BYTES);
  // As if the submission threw before its push. The arena has room for one block only.
  assert.equal(arena.tryAllocate(PAYLOAD_BYTES), block);
  arena.unpublished = NO_BLOCK;
  assert.equal(arena.tryAllocate(PAYLOAD_BYTES), NO_BLOCK);
});
