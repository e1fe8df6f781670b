import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { existsSync, readFileSync } from "node:fs";
import { skip, test } from "../support/test.ts";
import { ROOT } from "../support/runtimes.ts";
import { listFiles, listModules } from "./imports.ts";

const MAX_LINES = 400;
const MAX_FUNCTION_LINES = 60;

test("No module is longer than one can keep in mind", () => {
  const long = listModules().filter((path) =>
    read(path).split("\n").length > MAX_LINES
  );
  assert.deepEqual(long, []);
});

test("No function is longer than a screen", () => {
  const long = listFiles().filter((path) => path.endsWith(".ts"))
    .flatMap((path) =>
      longFunctions(read(path)).map((line) => `${path}:${line}`)
    );
  assert.deepEqual(long, []);
});

test("longFunctions() measures functions, methods and callbacks, not classes", () => {
  const lines = "  let n = 0;\n".repeat(MAX_FUNCTION_LINES - 1);
  const long = [
    "function f(a: A): B {",
    "const f = async () => {",
    "test(`title`, () => {",
    "async get(): Promise<{ a: A }> {",
  ];
  for (const head of long) {
    assert.deepEqual(longFunctions(`\n${head}\n${lines}}\n`), [2], head);
    const shorter = lines.replace("  let n = 0;\n", "");
    assert.deepEqual(longFunctions(`\n${head}\n${shorter}}\n`), [], head);
  }
  for (const head of ["class A extends B {", "interface A {", " * f() {"]) {
    assert.deepEqual(longFunctions(`${head}\n${lines}}\n`), [], head);
  }
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

/** The lines where long functions begin. The formatter puts the end under the beginning. */
function longFunctions(source: string): number[] {
  const lines = source.split("\n");
  return lines.flatMap((line, begin) => {
    const [, indent, head] = /^( *)(.*)\{$/.exec(line) ?? [];
    if (head === undefined || !beginsFunction(head)) return [];
    const end = lines.findIndex((line, index) =>
      index > begin && line.startsWith(`${indent}}`)
    );
    return end - begin + 1 > MAX_FUNCTION_LINES ? [begin + 1] : [];
  });
}

function beginsFunction(head: string): boolean {
  const isOther =
    /^(\*|\/\/|\}|(if|for|while|switch|do|try|(export |abstract )*(class|interface|type|enum))\b)/;
  return !isOther.test(head) && /\bfunction\b|=> $|\)(: .*)? $/.test(head);
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
