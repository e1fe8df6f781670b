import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { existsSync, readFileSync } from "node:fs";
import { skip, test } from "../support/test.ts";
import { ROOT } from "../support/runtimes.ts";
import { listModules } from "./imports.ts";

const MAX_LINES = 400;

test("No module is longer than one can keep in mind", () => {
  const long = listModules().filter((path) =>
    read(path).split("\n").length > MAX_LINES
  );
  assert.deepEqual(long, []);
});

const tracked = listTracked();
if (tracked === undefined) {
  skip("No binary file is tracked by git", "no git, or not a clone");
} else {
  test("No binary file is tracked by git", () => {
    // git's own rule: a file with a zero byte is binary.
    const binaries = tracked.filter((path) =>
      readFileSync(`${ROOT}/${path}`).includes(0)
    );
    assert.deepEqual(binaries, []);
  });
}

/** The tracked files that are there, or undefined where git cannot say. */
function listTracked(): string[] | undefined {
  const { status, stdout } = spawnSync("git", ["ls-files", "-z"], {
    cwd: ROOT,
    encoding: "utf8",
  });
  if (status !== 0) return undefined;
  return stdout.split("\0").filter((path) =>
    path !== "" && existsSync(`${ROOT}/${path}`)
  );
}

function read(path: string): string {
  return readFileSync(`${ROOT}/${path}`, "utf8");
}
