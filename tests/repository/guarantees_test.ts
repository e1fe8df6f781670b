import assert from "node:assert/strict";
import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { ROOT } from "../support/runtimes.ts";
import { test } from "../support/test.ts";

const PAGE = readFileSync(join(ROOT, "docs/guarantees.md"), "utf8");

test("Every test that docs/guarantees.md names exists", () => {
  const rows = PAGE.split("\n").filter((line) => line.startsWith("| "));
  const named = rows.flatMap((row) => {
    const file = /`(tests\/[^`]+)`\s*\|$/.exec(row)?.[1];
    return file === undefined ? [] : [{ row, file }];
  });
  assert.ok(named.length > 20, "the page names tests");
  for (const { row, file } of named) {
    assert.ok(existsSync(join(ROOT, file)), `${file} does not exist`);
    const title = /"([^"]+)"/.exec(row)?.[1];
    if (title === undefined) continue;
    const source = readFileSync(join(ROOT, file), "utf8");
    assert.ok(source.includes(title), `${file} has no test "${title}"`);
  }
});
