/**
 * Deno's permissions, in child processes, since a test cannot drop its own.
 *
 * @module
 */

import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { existsSync } from "node:fs";
import process from "node:process";
import { fileURLToPath } from "node:url";
import { allowedCpus } from "../../lib/affinity/pin.ts";
import { flatTopology } from "../../lib/placement/topology.ts";
import { findRuntime } from "../support/runtimes.ts";
import { skip, test } from "../support/test.ts";

const deno = findRuntime("Deno");

test("Without --allow-ffi every function reports that and none throws", () => {
  const output = runWithout([]);
  const message =
    "Cannot open libc: Deno runs without the permission --allow-ffi";
  assert.deepEqual(output.libc, { ok: false, reason: "permission", message });
  assert.equal(output.allowed.source, "hardwareConcurrency");
  assert.equal(output.allowed.warning, message);
  assert.equal(output.allowed.cpus[0], 0);
  assert.deepEqual(output.pin, {
    cpu: 0,
    pinned: false,
    failure: message,
    effectiveCpus: [],
    threadId: 0,
    kernelName: null,
  });
  assert.equal(output.unpin, message);
  assert.equal(output.record, null);
  assert.match(
    output.reserved.failure,
    /without (the permission )?--allow-ffi/,
  );
  assert.deepEqual(output.topology, flatTopology([0, 1]));
});

test("--allow-ffi is sufficient without permission to read", () => {
  const output = runWithout(["--allow-ffi"]);
  assert.equal(output.libc, "libc.so.6");
  assert.deepEqual(output.allowed, allowedCpus());
});

const libcPath = [
  "/lib/x86_64-linux-gnu/libc.so.6",
  "/lib/aarch64-linux-gnu/libc.so.6",
].find((path) => existsSync(path));
const needsLibcPath = libcPath === undefined
  ? (name: string) => skip(name, "needs Debian's path of libc")
  : test;

needsLibcPath("--allow-ffi with libc's path opens libc by that path", () => {
  assert.equal(runWithout([`--allow-ffi=${libcPath}`]).libc, libcPath);
});

/** Runs `without_ffi.ts` with only these permissions and parses its output. */
// deno-lint-ignore no-explicit-any -- the shape is what the assertions are about
function runWithout(permissions: readonly string[]): any {
  const program = fileURLToPath(new URL("./without_ffi.ts", import.meta.url));
  // The path is in a variable, since Deno's node:child_process adds -A where it sees the
  // path of Deno.
  const child = spawnSync(
    "sh",
    [
      "-c",
      'exec "$LOOM_TEST_DENO" run --no-prompt --no-lock "$@"',
      "sh",
      ...permissions,
      program,
    ],
    { encoding: "utf8", env: { ...process.env, LOOM_TEST_DENO: deno } },
  );
  assert.equal(child.status, 0, child.stderr);
  return JSON.parse(child.stdout);
}
