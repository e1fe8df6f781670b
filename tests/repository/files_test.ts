import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { test } from "../support/test.ts";
import { ROOT } from "../support/runtimes.ts";
import { listFiles, listModules } from "./imports.ts";

const MAX_LINES = 400;

test("No module is longer than one can keep in mind", () => {
  const long = listModules().filter((path) =>
    read(path).split("\n").length > MAX_LINES
  );
  assert.deepEqual(long, []);
});

test("No binary file is in the tree", () => {
  // git's own rule: a file with a zero byte is binary.
  const binaries = listFiles().filter((path) =>
    readFileSync(`${ROOT}/${path}`).includes(0)
  );
  assert.deepEqual(binaries, []);
});

function read(path: string): string {
  return readFileSync(`${ROOT}/${path}`, "utf8");
}
