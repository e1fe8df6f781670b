/**
 * From settings to CPUs, on other machines than this one.
 *
 * @module
 */

import assert from "node:assert/strict";
import { loadMachine } from "../ffi/hwloc.ts";
import { HWLOC_PATHS, openHwloc } from "../ffi/hwloc_library.ts";
import { type CodeOptions, readCode } from "../lib/config/code.ts";
import { resolveConfig } from "../lib/config/merge.ts";
import { GpuError, InvalidConfigError } from "../lib/errors.ts";
import { type MachineView, thisMachine } from "../lib/placement/machine.ts";
import { planRuntime, type RuntimePlan } from "../lib/planning.ts";
import { MACHINES } from "./fixtures/machines.ts";
import { hasCompiler } from "./support/compiler.ts";
import { gpuMachineXml } from "./support/gpu_machine.ts";
import { type NvmlOptions, UUIDS, withNvml } from "./support/nvml.ts";
import { withSysfs } from "./support/sysfs_tree.ts";
import { skip, test } from "./support/test.ts";

const NOWHERE = ["libloom-is-not-there.so"];

/** Two packages of four CPUs with a GPU each; GPU 0001:01:00.0 is attached to no package. */
const XML = gpuMachineXml([
  { cpus: [0, 1, 2, 3], gpuBus: 0x3b },
  { cpus: [4, 5, 6, 7], gpuBus: 0xd8 },
]);
const ALL = [0, 1, 2, 3, 4, 5, 6, 7];

const missing = !hasCompiler
  ? "a C compiler"
  : !openHwloc(HWLOC_PATHS).ok
  ? "libhwloc.so.15"
  : undefined;
const testGpu = missing === undefined
  ? test
  : (name: string) => skip(name, `needs ${missing}`);

testGpu("a runtime uses the CPUs near its GPU, within the cpuset", () => {
  const near1 = plan({ cudaDevice: 1 });
  assert.deepEqual(near1.facts.effectiveCpuset, [4, 5, 6, 7]);
  assert.deepEqual(near1.facts.computeCpus, [5, 6, 7]);
  assert.deepEqual(near1.warnings, []);
  const both = plan({ cudaDevice: UUIDS.mig1, cpuset: "3-5" });
  assert.deepEqual(both.facts.effectiveCpuset, [4, 5]);
});

testGpu(
  "no allowed CPU near the GPU is an error that says so",
  () => {
    assert.throws(() => plan({ cudaDevice: 1 }, { allowed: [0, 1] }), {
      name: "GpuError",
      device: 1,
      message:
        "Cannot use cuda_device 1 (Stand-in GPU, 0000:d8:00.0): its local CPUs are 4-7, and the process may use 0-1; they have none in common",
    });
  },
);

testGpu(
  "a GPU of unknown locality is a warning that names the chosen CPUs",
  () => {
    const gpu1 = { domain: 1, bus: 1 };
    const { facts, warnings } = plan({ cudaDevice: 1, cpuset: "1-6" }, {
      gpu1,
    });
    assert.deepEqual(facts.effectiveCpuset, [1, 2, 3, 4, 5, 6]);
    assert.deepEqual(warnings, [
      "The locality of cuda_device 1 (Stand-in GPU, 0001:01:00.0) is unknown, so all CPUs (1-6) of all NUMA nodes are used: the firmware does not report its NUMA node",
    ]);
  },
);

testGpu("a GPU that the topology lacks is looked up in sysfs", () => {
  const gpus = [
    { busId: "0007:01:00.0", node: 0 },
    { busId: "0008:01:00.0" }, // of which the kernel knows no node
  ];
  withSysfs(
    { ...MACHINES.smt, cpus: MACHINES.smt.cpus.slice(0, 4), gpus },
    (folder) => {
      const gpu1 = { domain: 7, bus: 1 };
      const root = `${folder}/sys`;
      const known = plan({ cudaDevice: 1 }, { gpu1, root, allowed: [2, 3, 4] });
      assert.deepEqual(known.facts.effectiveCpuset, [2, 3]);
      assert.deepEqual(known.warnings, []);
      const lost = { domain: 8, bus: 1 };
      const unknown = plan({ cudaDevice: 1 }, { gpu1: lost, root });
      assert.deepEqual(unknown.facts.effectiveCpuset, ALL);
      assert.match(
        unknown.warnings[0],
        /the device is not part of the topology/,
      );
    },
  );
});

testGpu("without libhwloc the same comes from sysfs", () => {
  withSysfs(MACHINES.twoSockets, (folder) => {
    withNvml({}, (nvmlPaths) => {
      const view = thisMachine({
        root: `${folder}/sys`,
        hwlocPaths: NOWHERE,
        nvmlPaths,
      });
      const resolved = resolve({ cudaDevice: 1 });
      const { facts } = planRuntime(resolved, { ...allow(ALL), view });
      assert.deepEqual(facts.effectiveCpuset, [1, 3, 5, 7]);
    });
  });
});

const failures: readonly [NvmlOptions, number | string, RegExp][] = [
  [{ initCode: 4 }, 0, /: no permission \(NVML code 4\); let this user/],
  [{ initCode: 9 }, 0, /: NVIDIA's driver is not loaded .*modprobe nvidia/],
  [{ initCode: 18 }, 0, /have different versions .*restart the machine/],
  [{ initCode: 999 }, 0, /unknown error inside the driver .*dmesg/],
  [{}, 2, /Cannot find GPU 2: there is no such GPU .*nvidia-smi -L/],
  [{}, "GPU-0", /no GPU has this UUID \(NVML code 6\); nvidia-smi -L/],
  [{ handleCode: 15 }, 0, /Cannot find GPU 0: the GPU is lost/],
  [{ infoCode: 15 }, 1, /Cannot describe GPU 1: the GPU is lost/],
  [{ oldDriver: true }, UUIDS.mig1, /lacks a function .*update/],
];
for (const [options, cudaDevice, message] of failures) {
  const state = JSON.stringify(options);
  testGpu(
    `cuda_device ${cudaDevice} with a driver ${state} is an error`,
    () => {
      assert.throws(() => plan({ cudaDevice }, options), (error) => {
        assert.ok(error instanceof GpuError);
        assert.equal(error.device, cudaDevice);
        assert.match(error.message, message);
        return true;
      });
    },
  );
}

test("without NVIDIA's driver, cuda_device is an error that says where it is set", () => {
  const view = thisMachine({ nvmlPaths: NOWHERE });
  assert.throws(
    () => planRuntime(resolve({ cudaDevice: 0 }), { ...allow(ALL), view }),
    {
      name: "GpuError",
      message:
        "Cannot use cuda_device 0: Cannot open NVML: libnvidia-ml.so.1, which is part of NVIDIA's driver, was not found; install the driver; in a container, start it with GPU access (--gpus all)",
    },
  );
});

test("core_kind limits a runtime to one kind of core", () => {
  const on = (name: string, code: CodeOptions) =>
    withSysfs(MACHINES[name], (folder) => {
      const view = thisMachine({
        root: `${folder}/sys`,
        hwlocPaths: NOWHERE,
      });
      return planRuntime(resolve(code), { ...allow(ALL), view }).facts;
    });
  const coresOf = (name: string, coreKind: "performance" | "efficiency") =>
    on(name, { coreKind }).effectiveCpuset;
  assert.deepEqual(coresOf("hybrid", "performance"), [0, 1, 2, 3]);
  assert.deepEqual(coresOf("hybrid", "efficiency"), [4, 5, 6, 7]);
  assert.deepEqual(coresOf("smt", "performance"), ALL);
  assert.throws(() => coresOf("smt", "efficiency"), (error) => {
    assert.ok(error instanceof InvalidConfigError);
    assert.match(
      error.message,
      /core_kind efficiency: the runtime may use CPU 0-7, and none/,
    );
    return true;
  });
  // By default both kinds, efficiency cores before SMT siblings.
  assert.deepEqual(on("hybrid", {}).computeCpus, [2, 4, 5, 6, 7, 3, 1]);
});

test("a CPU quota limits the default number of compute workers", () => {
  const view = { ...thisMachine(), quotaCpus: () => 3.5 };
  const sources = { ...allow(ALL), view };
  const { config } = planRuntime(resolve({}), sources).facts;
  assert.equal(config.computeThreads, 2);
  const asked = planRuntime(resolve({ computeThreads: 6 }), sources);
  assert.equal(asked.facts.config.computeThreads, 6);
});

test("where threads cannot be pinned, there may be more than CPUs", () => {
  const asked = resolve({ computeThreads: 3 });
  const sources = { view: thisMachine({ cpus: [0] }), ...allow([0]) };
  assert.throws(() => planRuntime(asked, sources), {
    name: "InsufficientCpusError",
  });
  const { facts } = planRuntime(asked, {
    ...sources,
    allowed: { cpus: [0], source: "hardwareConcurrency", isOtherSystem: true },
  });
  assert.equal(facts.config.computeThreads, 3);
  assert.ok(facts.threads.every(({ cpu }) => cpu === null));
});

interface Situation extends NvmlOptions {
  readonly allowed?: number[];
  readonly root?: string;
}

function plan(code: CodeOptions, situation: Situation = {}): RuntimePlan {
  return withNvml(situation, (nvmlPaths) => {
    const loaded = loadMachine({ from: "xml text", text: XML }, {
      devices: true,
    });
    if (!loaded.ok) assert.fail(loaded.message);
    const view: MachineView = {
      ...thisMachine({
        nvmlPaths,
        ...(situation.root === undefined ? {} : { root: situation.root }),
      }),
      machine: () => loaded.machine,
      quotaCpus: () => undefined,
    };
    return planRuntime(resolve(code), {
      ...allow(situation.allowed ?? ALL),
      view,
    });
  });
}

function resolve(code: CodeOptions) {
  return resolveConfig([readCode(code)]);
}

function allow(cpus: number[]) {
  return { allowed: { cpus, source: "affinity" as const } };
}
