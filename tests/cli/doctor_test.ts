/**
 * `loom doctor` as a child process, since permissions apply to a process. The results are
 * compared with the kernel's data about this machine.
 *
 * @module
 */

import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import process from "node:process";
import type { Check, Report } from "../../lib/cli/check.ts";
import {
  allowedCpus,
  pinCurrentThread,
  unpinCurrentThread,
} from "../../lib/affinity/pin.ts";
import { findRuntime, ROOT } from "../support/runtimes.ts";
import { skip, test } from "../support/test.ts";

const MAIN = `${ROOT}/lib/cli/main.ts`;

const { cpus } = allowedCpus();
const canPin = pinCurrentThread(cpus[0], null).pinned;
unpinCurrentThread(cpus);
const needsPinning = canPin
  ? test
  : (name: string) => skip(name, "this process may not pin threads");

needsPinning(
  "loom doctor on Deno with only --allow-ffi reports that pinning works",
  () => {
    const { status, report } = doctorOnDeno("--allow-ffi");
    assert.equal(status, 0);
    assert.ok(report.pinningWorks);
    assert.equal(find(report, "libc").state, "ok");
    assert.deepEqual(find(report, "allowed CPUs").data?.cpus, cpus);
  },
);

needsPinning("loom doctor on Bun reports that pinning works", () => {
  const { status, report } = doctor(findRuntime("Bun"), [MAIN]);
  assert.equal(status, 0);
  assert.ok(report.pinningWorks);
});

test("Without --allow-ffi, loom doctor reports that and exits with code 1", () => {
  // Explicit, since a Deno process started by Deno inherits --allow-all otherwise.
  const { status, report } = doctorOnDeno("--deny-ffi");
  assert.equal(status, 1);
  assert.equal(report.pinningWorks, false);
  for (const name of ["FFI permission", "libc", "libhwloc", "NVML"]) {
    assert.equal(find(report, name).remedy, "start Deno with --allow-ffi");
  }
  assert.equal(find(report, "pinning").state, "failed");
});

test("Without --allow-env and --allow-read nothing prompts, and notes list what was not read", () => {
  const child = spawnSync(findRuntime("Deno"), [
    "run",
    "--no-prompt",
    "--allow-env=LOOM_PREFIX",
    MAIN,
    "config",
    "--json",
  ], {
    encoding: "utf8",
    env: { ...process.env, LOOM_PREFIX: "seen", LOOM_CPUSET: "0" },
  });
  assert.equal(child.status, 0, child.stderr);
  const { config, notes } = JSON.parse(child.stdout);
  assert.deepEqual([config.prefix, config.cpuset], ["seen", null]);
  assert.deepEqual(notes, [
    "loom.json, loom.yml, loom.yaml, loom.toml were not looked for: Deno runs without --allow-read",
    "26 of 27 environment variables were not read: Deno runs without --allow-env",
  ]);
});

function doctorOnDeno(...permissions: string[]) {
  return doctor(findRuntime("Deno"), [
    "run",
    "--no-prompt",
    ...permissions,
    MAIN,
  ]);
}

function doctor(command: string, args: readonly string[]) {
  const { status, stdout, stderr } = spawnSync(
    command,
    [...args, "doctor", "--json"],
    { encoding: "utf8" },
  );
  assert.notEqual(stdout, "", stderr);
  return { status, report: JSON.parse(stdout) as Report };
}

function find(report: Report, name: string): Check {
  const check = report.checks.find((check) => check.name === name);
  assert.ok(check, name);
  return check;
}
