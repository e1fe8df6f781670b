import assert from "node:assert/strict";
import { runProgram } from "../support/program.ts";
import { tellsPages } from "../support/pages.ts";
import { skip, test } from "../support/test.ts";

const needsPages = tellsPages()
  ? test
  : (name: string) =>
    skip(name, "needs a kernel that reports NUMA nodes of pages");

/** Pages of some memory: their number, and how many have been written to. */
type Pages = readonly [all: number, written: number];

// Then its pages come from the node of the thread that makes the calls.
needsPages(
  "No thread writes to the bridge's memory before it is used",
  async () => {
    const { arenas, lanes } = await firstTouch();
    // One for results of each thread, and one for the arguments of each lane to two pools.
    assert.equal(arenas.length, 4 + 2 * 4);
    for (const [all, written] of arenas) assert.ok(all >= 4 && written === 0);
    // The first word of a lane is set. Bun may have cleared some lanes completely.
    const isNew = ([all, written]: Pages) => all > 2000 && written <= 1;
    assert.ok(lanes.some(isNew), `${lanes.join("; ")}`);
  },
);

needsPages(
  "Only large arrays have a policy, and only if there are nodes",
  async () => {
    const { policies } = await firstTouch();
    assert.deepEqual(policies, ["default", "default", "prefer:0"]);
  },
);

async function firstTouch(): Promise<{
  /** Of an array without nodes, a small one with nodes, and a large one with nodes. */
  readonly policies: readonly string[];
  readonly arenas: readonly Pages[];
  readonly lanes: readonly Pages[];
}> {
  const { code, stdout, stderr } = await runProgram("first_touch.ts");
  assert.equal(code, 0, stderr);
  return JSON.parse(stdout);
}
