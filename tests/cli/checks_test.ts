import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { join } from "node:path";
import { checkCgroup } from "../../lib/cli/cpu_checks.ts";
import { formatReport, reportOf } from "../../lib/cli/doctor.ts";
import { checkHwloc, checkNvml } from "../../lib/cli/library_checks.ts";
import { checkMemory } from "../../lib/cli/memory_check.ts";
import {
  checkFfiPermission,
  checkRuntime,
} from "../../lib/cli/runtime_check.ts";
import { withFiles } from "../config/config_file.ts";
import { skip, test } from "../support/test.ts";

const NOWHERE = ["libloom-is-not-there.so.1"];

test("Without libhwloc the check reports how to install it, and pinning works", () => {
  const check = checkHwloc(NOWHERE);
  assert.equal(check.state, "absent");
  assert.equal(check.detail, "libhwloc.so.15 was not found");
  assert.match(check.remedy ?? "", /\/sys instead.*apt-get install libhwloc15/);
  assert.ok(reportOf([check]).pinningWorks);
});

test("Without NVML the check reports what needs it", () => {
  const check = checkNvml(NOWHERE);
  assert.equal(check.state, "absent");
  assert.equal(check.detail, "libnvidia-ml.so.1 was not found");
  assert.match(check.remedy ?? "", /only for cuda_device/);
});

/** The functions of NVML and hwloc that the checks call. */
const STAND_IN = `
#include <string.h>
int nvmlInit_v2(void) { return CODE; }
int nvmlShutdown(void) { return 0; }
int nvmlDeviceGetCount_v2(unsigned *count) { *count = 2; return 0; }
int nvmlSystemGetDriverVersion(char *version, unsigned length) {
  strncpy(version, "570.00", length);
  return 0;
}
unsigned hwloc_get_api_version(void) { return VERSION; }
`;

const needsCompiler = spawnSync("cc", ["--version"]).status === 0
  ? test
  : (name: string) => skip(name, "needs a C compiler");

needsCompiler(
  "checkNvml() reports the driver and its GPUs, or the error code",
  () => {
    withStandIn({ CODE: "0" }, (path) => {
      const check = checkNvml([path]);
      assert.equal(check.state, "ok");
      assert.equal(check.detail, `opened ${path}, driver 570.00, 2 GPUs`);
    });
    withStandIn({ CODE: "9" }, (path) => {
      const check = checkNvml([path]);
      assert.equal(check.state, "absent");
      assert.match(
        check.detail,
        /cannot be initialised: NVIDIA.s driver is not loaded \(NVML code 9\)/,
      );
    });
  },
);

needsCompiler("hwloc 2 is ok, and hwloc 3 counts as absent", () => {
  withStandIn({ VERSION: "0x00020b00" }, (path) => {
    assert.equal(checkHwloc([path]).detail, `opened ${path}, API 2.11`);
    assert.equal(checkHwloc([path]).state, "ok");
  });
  withStandIn({ VERSION: "0x00030000" }, (path) => {
    assert.equal(checkHwloc([path]).state, "absent");
  });
});

test("A quota below the number of CPUs is a warning with a remedy", () => {
  const files: Record<string, string> = {
    "/proc/self/cgroup": "0::/\n",
    "/proc/self/mountinfo": "31 23 0:28 / /cg rw - cgroup2 cgroup2 rw",
    "/cg/cpuset.cpus.effective": "0-7",
    "/cg/cpu.max": "250000 100000",
  };
  const tight = checkCgroup((path) => files[path], 8);
  assert.equal(tight.state, "warning");
  assert.equal(tight.detail, "version 2, cpuset 0-7, CPU quota 2.5");
  assert.match(tight.remedy ?? "", /^more than 2 busy threads/);
  assert.equal(checkCgroup((path) => files[path], 2).state, "ok");
});

test("A kernel that rejects memory policies is a warning if there are several nodes", () => {
  const message = "Cannot set the memory policy: EPERM (not permitted)";
  const reject = () =>
    ({ ok: false, reason: "errno", errno: 1, message }) as const;
  const rejected = checkMemory([0, 1], reject);
  assert.equal(rejected.state, "warning");
  assert.equal(rejected.detail, message);
  assert.match(rejected.remedy ?? "", /--cap-add SYS_NICE/);
  assert.equal(checkMemory([0], reject).state, "ok");
  const works = checkMemory([0, 1], () => ({ ok: true, value: undefined }));
  assert.equal(works.detail, "large arrays can be spread over nodes 0-1");
});

test("An older runtime is a warning, and an unknown one a failure", () => {
  const states = ["2.9.5", "2.10.0", "2.9.6", "3.0.0-rc.1"].map((deno) =>
    checkRuntime({ Deno: denoOf(deno, "granted") }).state
  );
  assert.deepEqual(states, ["warning", "ok", "ok", "ok"]);
  assert.equal(checkRuntime({ Bun: { version: "1.3.14" } }).state, "warning");
  assert.equal(checkRuntime({}).state, "failed");
});

test("Deno needs an FFI permission, and Bun does not", () => {
  const stateOf = (permission: string) =>
    checkFfiPermission({ Deno: denoOf("2.9.6", permission) }).state;
  assert.deepEqual(["granted", "prompt", "denied"].map(stateOf), [
    "ok",
    "warning",
    "warning",
  ]);
  assert.equal(checkFfiPermission({ Bun: { version: "1.4.5" } }).state, "ok");
});

test("formatReport() aligns the checks and ends with a summary", () => {
  const report = reportOf([
    { name: "libc", state: "failed", detail: "gone", remedy: "get it" },
    { name: "allowed CPUs", state: "ok", detail: "0-1 (2 CPUs)" },
  ]);
  assert.equal(
    formatReport(report),
    `\
FAILED   libc          gone
                       → get it
ok       allowed CPUs  0-1 (2 CPUs)

Threads cannot be pinned: loom runs unpinned, or fails if pin_threads is require.`,
  );
});

function denoOf(deno: string, ffi: string) {
  return {
    version: { deno, v8: "1" },
    permissions: { querySync: () => ({ state: ffi }) },
  };
}

function withStandIn(
  values: { CODE?: string; VERSION?: string },
  use: (path: string) => void,
): void {
  const { CODE = "0", VERSION = "0" } = values;
  withFiles({ "stand_in.c": STAND_IN }, (folder) => {
    const path = join(folder, "stand_in.so");
    const { status, stderr } = spawnSync("cc", [
      "-shared",
      "-fPIC",
      `-DCODE=${CODE}`,
      `-DVERSION=${VERSION}`,
      "-o",
      path,
      join(folder, "stand_in.c"),
    ], { encoding: "utf8" });
    assert.equal(status, 0, stderr);
    use(path);
  });
}
