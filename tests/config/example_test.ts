import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import process from "node:process";
import { ROOT } from "../support/runtimes.ts";
import { test } from "../support/test.ts";

test("examples/config.ts prints the merged configuration with its origins", () => {
  const { Deno } = globalThis as { Deno?: unknown };
  const child = spawnSync(process.execPath, [
    "run",
    ...(Deno === undefined ? [] : ["-A"]),
    `${ROOT}/examples/config.ts`,
    "--no-loom-pin-threads",
    "--loom-compute-threads=1",
    "--",
    "own",
    "args",
  ], {
    encoding: "utf8",
    env: { ...process.env, LOOM_PREFIX: "env", NO_COLOR: "1" },
  });
  assert.equal(child.status, 0, child.stderr);
  const lines = child.stdout.split("\n");
  const shown = (name: string) =>
    lines.find((line) => line.startsWith(`${name} `))?.replaceAll(/ +/g, " ")
      .replace(`${ROOT}/`, "");
  assert.deepEqual(
    ["prefix", "compute_threads", "pin_threads", "compute_pool_size"].map(
      shown,
    ),
    [
      'prefix "env" env LOOM_PREFIX, over "example" from file examples/loom.toml:4:1',
      "compute_threads 1 flags --loom-compute-threads",
      "pin_threads false flags --no-loom-pin-threads, over true from file examples/loom.toml:5:1",
      "compute_pool_size 256 code .computePoolSize()",
    ],
  );
  assert.ok(lines.includes('Other arguments: [ "--", "own", "args" ]'));
});
