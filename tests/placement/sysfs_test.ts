/**
 * Machines from sysfs trees that the tests write, compared with hwloc on the same trees.
 *
 * @module
 */

import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import process from "node:process";
import { loadMachine } from "../../ffi/hwloc.ts";
import { HWLOC_PATHS, openHwloc } from "../../ffi/hwloc_library.ts";
import type { Machine } from "../../ffi/machine.ts";
import { allowedCpus } from "../../lib/affinity/pin.ts";
import { planPlacement } from "../../lib/placement/plan.ts";
import { readSysfs } from "../../lib/placement/sysfs.ts";
import { cpuRecords } from "../../lib/placement/topology.ts";
import { MACHINES } from "../fixtures/machines.ts";
import { withSysfs } from "../support/sysfs_tree.ts";
import { skip, stressTest, test } from "../support/test.ts";

test("readSysfs() reads packages, nodes, caches and cores", () => {
  const machine = read("twoSockets");
  assert.deepEqual(machine.packages, [
    { index: 0, cpus: [0, 2, 4, 6, 8, 10, 12, 14] },
    { index: 1, cpus: [1, 3, 5, 7, 9, 11, 13, 15] },
  ]);
  assert.deepEqual(
    machine.nodes.map(({ index, memoryBytes }) => [index, memoryBytes]),
    [[0, 2 ** 30], [1, 2 ** 30]],
  );
  assert.deepEqual(
    machine.l3Groups.map(({ cpus, sizeBytes }) => [cpus[0], sizeBytes]),
    [[0, 2 ** 24], [1, 2 ** 24], [8, 2 ** 24], [9, 2 ** 24]],
  );
  assert.equal(machine.cores.length, 16);
});

test("readSysfs() reads the locality of GPUs, and that it is unknown", () => {
  const { displays, cpus } = read("twoSockets");
  assert.deepEqual(
    displays.map(({ busId, locality }) => [busId, locality.ancestor]),
    [
      ["0000:3b:00.0", "Package"],
      ["0000:d8:00.0", "Package"],
      ["0001:01:00.0", "Machine"],
    ],
  );
  assert.deepEqual(displays[1].locality.cpus, [1, 3, 5, 7, 9, 11, 13, 15]);
  assert.deepEqual(displays[1].locality.nodes, [1]);
  assert.deepEqual(displays[2].locality.cpus, cpus);
});

test("readSysfs() omits offline CPUs and keeps nodes without CPUs", () => {
  assert.deepEqual(read("offline").cpus, [0, 2, 3, 4, 5, 7]);
  assert.deepEqual(read("offline").cores.map(({ cpus }) => cpus), [
    [0, 4],
    [2],
    [3, 7],
    [5],
  ]);
  const { nodes, cores } = read("power");
  assert.deepEqual(
    nodes.map(({ index, cpus }) => [index, cpus.length]),
    [[0, 8], [8, 8], [252, 0], [255, 0]],
  );
  assert.deepEqual(cores[2].cpus, [80, 81, 82, 83]);
});

test("readSysfs() without a tree returns the given CPUs, each as a core", () => {
  const machine = readSysfs({ root: "/loom-is-not-there", cpus: [3, 1] });
  assert.deepEqual(machine.cpus, [1, 3]);
  assert.deepEqual(machine.cores, [{ cpus: [1] }, { cpus: [3] }]);
  assert.deepEqual(machine.nodes, []);
});

const hasOracle = spawnSync("lstopo-no-graphics", ["--version"]).status === 0;
const hasHwloc = openHwloc(HWLOC_PATHS).ok;
const needsHwloc = hasHwloc
  ? test
  : (name: string) => skip(name, "needs libhwloc.so.15");
const needsOracle = !hasHwloc
  ? needsHwloc
  : hasOracle
  ? stressTest
  : (name: string) => skip(name, "needs lstopo-no-graphics");

for (const name of Object.keys(MACHINES)) {
  needsOracle(`sysfs and hwloc give the same plans: machine ${name}`, () => {
    withSysfs(MACHINES[name], (folder) => {
      const sysfs = readSysfs({ root: `${folder}/sys`, devices: true });
      const hwloc = readThroughHwloc(folder);
      assert.deepEqual(sysfs.cpus, hwloc.cpus);
      assert.deepEqual(
        cpuRecords(sysfs, sysfs.cpus),
        cpuRecords(hwloc, hwloc.cpus),
      );
      assert.deepEqual(localities(sysfs), localities(hwloc));
      assert.equal(hwloc.displays.length, MACHINES[name].gpus?.length ?? 0);
      comparePlans(sysfs, hwloc, sysfs.cpus);
    });
  });
}

needsHwloc("sysfs and hwloc give the same plans: this machine", () => {
  const hwloc = loadMachine({ from: "this machine" }, { devices: true });
  if (!hwloc.ok) assert.fail(hwloc.message);
  const { cpus } = allowedCpus();
  const sysfs = readSysfs({ cpus, devices: true });
  assert.deepEqual(cpuRecords(sysfs, cpus), cpuRecords(hwloc.machine, cpus));
  assert.deepEqual(localities(sysfs), localities(hwloc.machine));
  comparePlans(sysfs, hwloc.machine, cpus);
});

function comparePlans(a: Machine, b: Machine, cpus: readonly number[]): void {
  for (const computeThreads of [1, 3, cpus.length, cpus.length + 3]) {
    const counts = { asyncThreads: 1, computeThreads };
    assert.deepEqual(
      planPlacement(cpuRecords(a, cpus), cpus, counts),
      planPlacement(cpuRecords(b, cpus), cpus, counts),
    );
  }
}

function localities({ displays }: Machine) {
  return displays.map(({ busId, locality: { cpus, nodes } }) => ({
    busId,
    cpus,
    nodes,
  }));
}

/** Runs hwloc's command, which reads a tree as if it were mounted at the root. */
function readThroughHwloc(folder: string): Machine {
  const { status, stdout, stderr } = spawnSync("lstopo-no-graphics", [
    "--whole-io",
    "--whole-system",
    "--of",
    "xml",
  ], {
    encoding: "utf8",
    maxBuffer: 2 ** 26,
    env: {
      ...process.env,
      HWLOC_FSROOT: folder,
      HWLOC_COMPONENTS: "linux,stop",
    },
  });
  assert.equal(status, 0, stderr);
  const loaded = loadMachine({ from: "xml text", text: stdout }, {
    devices: true,
  });
  if (!loaded.ok) assert.fail(loaded.message);
  return loaded.machine;
}

function read(name: keyof typeof MACHINES): Machine {
  return withSysfs(
    MACHINES[name],
    (folder) => readSysfs({ root: `${folder}/sys`, devices: true }),
  );
}
