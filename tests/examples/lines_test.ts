import assert from "node:assert/strict";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { runProgram } from "../support/program.ts";
import { test } from "../support/test.ts";

function runLines(...args: string[]) {
  return runProgram("../../../examples/lines.ts", [
    "--no-loom-pin-threads",
    "--loom-compute-threads=2",
    ...args,
  ]);
}

test("The example counts lines by a key and names the broken ones", async () => {
  const generated = await runLines();
  assert.equal(generated.stdout, "9000 info\n900 warn\n99 error\n");
  assert.match(generated.stderr, /^line 10000: \S/m);
  const folder = mkdtempSync(join(tmpdir(), "loom-lines-"));
  try {
    const path = join(folder, "log.jsonl");
    writeFileSync(path, '{"a":"é"}\r\n{"a":"é"}\r\nnone\r\n{}');
    const read = await runLines("--key", "a", path);
    assert.equal(read.stdout, "2 é\n1 undefined\n");
    assert.match(read.stderr, /^line 3: \S/m);
    assert.equal(read.code, 0);
  } finally {
    rmSync(folder, { recursive: true });
  }
});
