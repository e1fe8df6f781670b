/**
 * From a GPU to pinned threads, on a machine without a GPU: the loader finds a replacement
 * for NVML first, and hwloc reads a topology of two packages from a file.
 *
 * @module
 */

import assert from "node:assert/strict";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { HWLOC_PATHS, openHwloc } from "../../ffi/hwloc_library.ts";
import { formatCpuset } from "../../lib/placement/cpuset.ts";
import { allowedCpus } from "../../lib/affinity/pin.ts";
import { hasCompiler } from "../support/compiler.ts";
import { gpuMachineXml } from "../support/gpu_machine.ts";
import { compileNvml, type NvmlOptions, UUIDS } from "../support/nvml.ts";
import { runProgram } from "../support/program.ts";
import { skip, test } from "../support/test.ts";

const { cpus } = allowedCpus();
const [near0, near1] = [cpus.slice(0, 1), cpus.slice(1)];
const missing = !hasCompiler
  ? "a C compiler"
  : !openHwloc(HWLOC_PATHS).ok
  ? "libhwloc.so.15"
  : cpus.length < 2
  ? "two CPUs"
  : undefined;
const testChain = missing === undefined
  ? test
  : (name: string) => skip(name, `needs ${missing}`);

testChain(
  "threads are pinned to the CPUs near the GPU, by index and by UUID",
  async () => {
    for (const device of ["1", UUIDS.gpu1, UUIDS.mig1]) {
      const said = await build({}, device);
      assert.deepEqual(said.effectiveCpuset, near1);
      assert.equal(said.workerCpus.length, 1);
      assert.ok(near1.includes(said.workerCpus[0]));
      assert.equal(said.sum, 2);
    }
    assert.deepEqual((await build({}, "0")).effectiveCpuset, near0);
  },
);

testChain(
  "a cpuset without a CPU near the GPU is an error with both sets",
  async () => {
    const said = await build({}, "1", formatCpuset(near0));
    assert.equal(said.name, "GpuError");
    assert.equal(
      said.message,
      `Cannot use cuda_device 1 (Stand-in GPU, 0000:d8:00.0) with cpuset "${
        formatCpuset(near0)
      }": its local CPUs are ${formatCpuset(near1)}, and the cpuset leaves ${
        formatCpuset(near0)
      }; they have none in common`,
    );
  },
);

testChain("a driver that is not loaded is an error with a hint", async () => {
  const said = await build({ initCode: 9 }, "0");
  assert.equal(said.name, "GpuError");
  assert.match(
    said.message,
    /^Cannot use cuda_device 0: Cannot start NVML: NVIDIA's driver is not loaded \(NVML code 9\); load it/,
  );
});

/** The part of the program's output that the test reads. */
interface Said {
  readonly effectiveCpuset: number[];
  readonly workerCpus: number[];
  readonly sum: number;
  readonly name: string;
  readonly message: string;
}

async function build(options: NvmlOptions, ...args: string[]): Promise<Said> {
  const folder = mkdtempSync(join(tmpdir(), "loom-gpu-"));
  try {
    compileNvml(join(folder, "libnvidia-ml.so.1"), options);
    const xml = gpuMachineXml([
      { cpus: near0, gpuBus: 0x3b },
      { cpus: near1, gpuBus: 0xd8 },
    ]);
    writeFileSync(join(folder, "machine.xml"), xml);
    const end = await runProgram("gpu_runtime.ts", args, {
      under: [
        "env",
        `LD_LIBRARY_PATH=${folder}`,
        `HWLOC_XMLFILE=${join(folder, "machine.xml")}`,
        "HWLOC_THISSYSTEM=1",
      ],
    });
    assert.equal(end.code, 0, end.stderr);
    assert.equal(end.stderr, "");
    return JSON.parse(end.stdout);
  } finally {
    rmSync(folder, { recursive: true });
  }
}
