import assert from "node:assert/strict";
import { runProgram } from "../support/program.ts";
import { tellsPages } from "../support/pages.ts";
import { skip, test } from "../support/test.ts";

const needsPages = tellsPages()
  ? test
  : (name: string) => skip(name, "needs a kernel that tells about pages");

/** Pages of some memory: how many there are, and how many have been written to. */
type Pages = readonly [all: number, written: number];

// So its pages come from the node of the thread that makes the calls.
needsPages(
  "nobody writes to the bridge's memory before it is used",
  async () => {
    const { arenas, lanes } = await firstTouch();
    assert.equal(arenas.length, 4);
    for (const [all, written] of arenas) assert.ok(all >= 16 && written === 0);
    // A lane begins with a word that is set. Bun may have cleared some of them as a whole.
    const isNew = ([all, written]: Pages) => all > 2000 && written <= 1;
    assert.ok(lanes.some(isNew), `${lanes.join("; ")}`);
  },
);

needsPages(
  "only large arrays have a policy, and only if there are nodes",
  async () => {
    const { policies } = await firstTouch();
    assert.deepEqual(policies, ["default", "default", "prefer:0"]);
  },
);

async function firstTouch(): Promise<{
  /** Without nodes, too small for them, and large. */
  readonly policies: readonly string[];
  readonly arenas: readonly Pages[];
  readonly lanes: readonly Pages[];
}> {
  const { code, stdout, stderr } = await runProgram("first_touch.ts");
  assert.equal(code, 0, stderr);
  return JSON.parse(stdout);
}
