/**
 * The C library's calls for threads, compared with the kernel's data in `/proc`. These tests
 * run on the machine's own CPUs and restore the thread.
 *
 * @module
 */

import assert from "node:assert/strict";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import process from "node:process";
import { cpusFromMask, maskFromCpus } from "../../ffi/cpu_mask.ts";
import {
  currentThreadId,
  getAffinityOf,
  getThreadAffinity,
  getThreadName,
  type LibcResult,
  openLibcFor,
  setAffinityOf,
  setThreadAffinity,
  setThreadName,
} from "../../ffi/libc.ts";
import { listFolder, readSmallFile } from "../../ffi/system_files.ts";
import { kernelCpus } from "../affinity/kernel.ts";
import { ROOT } from "../support/runtimes.ts";
import { test } from "../support/test.ts";

test("setThreadAffinity() moves the calling thread to the given CPU", () => {
  const threadId = value(currentThreadId());
  const before = value(getThreadAffinity());
  const target = before[before.length - 1];
  try {
    value(setThreadAffinity([target]));
    assert.deepEqual(kernelCpus(threadId), [target]);
    assert.deepEqual(value(getThreadAffinity()), [target]);
    assert.deepEqual(value(getAffinityOf(threadId)), [target]);
    value(setAffinityOf(threadId, before));
    assert.deepEqual(kernelCpus(threadId), before);
  } finally {
    setThreadAffinity(before);
  }
});

test("CPUs that do not exist and an empty list give EINVAL", () => {
  for (const cpus of [[], [60_000], [-1], [1.5], [100_000]]) {
    const result = setThreadAffinity(cpus);
    assert.equal(!result.ok && result.errno, 22);
    assert.match(result.ok ? "" : result.message, /this thread .*: EINVAL/);
  }
});

test("An unknown thread gives ESRCH", () => {
  // Above the kernel's highest pid_max, 2^22.
  const noThread = 2 ** 22 + 1;
  for (
    const result of [getAffinityOf(noThread), setAffinityOf(noThread, [0])]
  ) {
    assert.equal(!result.ok && result.reason, "errno");
    assert.equal(!result.ok && result.errno, 3);
  }
});

test("setThreadName() names the calling thread in at most 15 bytes", () => {
  const comm = `/proc/self/task/${value(currentThreadId())}/comm`;
  const before = value(getThreadName());
  try {
    value(setThreadName("loom-wörk-0001"));
    assert.equal(readFileSync(comm, "utf8"), "loom-wörk-0001\n");
    assert.equal(value(getThreadName()), "loom-wörk-0001");
    const tooLong = setThreadName("sixteen-letters-");
    assert.equal(!tooLong.ok && tooLong.errno, 34);
  } finally {
    setThreadName(before);
  }
});

test("openLibcFor() rejects another platform and reports a missing libc", () => {
  const wrong = openLibcFor("darwin");
  assert.equal(!wrong.ok && wrong.reason, "platform");
  assert.match(
    wrong.ok ? "" : wrong.message,
    /the platform is darwin, not Linux/,
  );
  const missing = openLibcFor("linux", ["libloom-is-not-there.so"]);
  assert.equal(!missing.ok && missing.reason, "missing");
});

test("readSmallFile() and listFolder() return the same as node:fs", () => {
  const source = join(ROOT, "ffi/libc.ts");
  assert.equal(value(readSmallFile(source)), readFileSync(source, "utf8"));
  assert.ok(value(listFolder("/proc/self/task")).includes(`${process.pid}`));
  const missing = readSmallFile("/proc/loom-is-not-there");
  assert.equal(!missing.ok && missing.errno, 2);
});

test("listFolder() lists a folder that needs several reads", () => {
  const folder = mkdtempSync(join(tmpdir(), "loom-folder-"));
  try {
    const names = Array.from({ length: 300 }, (_, i) => `name-${i}`);
    for (const name of names) writeFileSync(join(folder, name), "");
    assert.deepEqual(value(listFolder(folder)).sort(), names.sort());
  } finally {
    rmSync(folder, { recursive: true });
  }
});

test("A mask grows with its highest CPU and converts back to the same CPUs", () => {
  assert.equal(maskFromCpus([0, 1023])?.length, 128);
  const cpus = [0, 7, 8, 31, 63, 1024, 65_535];
  const mask = maskFromCpus(cpus);
  assert.equal(mask?.length, 8192);
  assert.deepEqual(cpusFromMask(mask ?? new Uint8Array()), cpus);
});

function value<T>(result: LibcResult<T>): T {
  if (!result.ok) assert.fail(result.message);
  return result.value;
}
