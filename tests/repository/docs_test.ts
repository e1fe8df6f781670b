import assert from "node:assert/strict";
import { existsSync, readFileSync } from "node:fs";
import { posix } from "node:path";
import { test } from "../support/test.ts";
import { PINNED, ROOT } from "../support/runtimes.ts";
import { listFiles } from "./imports.ts";

const PACKAGE = JSON.parse(read("package.json"));
const DENO = JSON.parse(read("deno.json"));

test("Every relative link in the documents leads to a file", () => {
  const dead = documents().flatMap((path) =>
    [...read(path).matchAll(/\]\((?!\w+:|#)([^)#\s]+)[^)]*\)/g)]
      .map(([, link]) => posix.join(posix.dirname(path), link))
      .filter((target) => !existsSync(`${ROOT}/${target}`))
      .map((target) => `${path}: ${target}`)
  );
  assert.deepEqual(dead, []);
});

test("Every command in the documents names a task that exists", () => {
  const unknown = [...documents(), ".ci/run"].flatMap((path) => {
    const text = read(path);
    const tasks = [...text.matchAll(/\bdeno(?:@[\d.]+)? task ([\w:]+)/g)];
    const scripts = [...text.matchAll(/\bbun run (\w[\w:]*)(?![\w./:-])/g)];
    return [
      ...tasks.filter(([, name]) => DENO.tasks[name] === undefined),
      ...scripts.filter(([, name]) => PACKAGE.scripts[name] === undefined),
    ].map(([command]) => `${path}: ${command}`);
  });
  assert.deepEqual(unknown, []);
});

test("Every command names the pinned Deno", () => {
  const others = [...documents(), ".ci/run", "package.json"].flatMap((path) =>
    [...read(path).matchAll(/\bdeno@(\d[\w.]*\w)/g)]
      .filter(([, version]) => version !== PINNED.Deno)
      .map(([command]) => `${path}: ${command}`)
  );
  assert.deepEqual(others, []);
});

test("package.json installs the pinned Bun", () => {
  assert.equal(PACKAGE.devDependencies.bun, PINNED.Bun);
});

test("package.json and deno.json describe the same package", () => {
  for (const key of ["name", "version", "license", "exports"]) {
    assert.deepEqual(PACKAGE[key], DENO[key], key);
  }
});

function documents(): string[] {
  return listFiles().filter((path) => path.endsWith(".md"));
}

function read(path: string): string {
  return readFileSync(`${ROOT}/${path}`, "utf8");
}
