/**
 * Topology from sysfs trees that the test writes; none is the machine's own.
 *
 * @module
 */

import assert from "node:assert/strict";
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { flatTopology, readTopology } from "../../lib/placement/topology.ts";
import { test } from "../support/test.ts";

/** Contents by path below `devices/system`. */
type Tree = Record<string, string>;

function cpu(
  number: number,
  packageId: number,
  coreId: number,
  siblings: string,
): Tree {
  const folder = `cpu/cpu${number}/topology`;
  return {
    [`${folder}/physical_package_id`]: `${packageId}\n`,
    [`${folder}/core_id`]: `${coreId}\n`,
    [`${folder}/core_cpus_list`]: `${siblings}\n`,
  };
}

test("readTopology() finds SMT siblings and numbers cores over the machine", () => {
  const tree = {
    ...cpu(0, 0, 0, "0,2"),
    ...cpu(1, 0, 1, "1,3"),
    ...cpu(2, 0, 0, "0,2"),
    ...cpu(3, 0, 1, "1,3"),
    "cpu/cpu1/cpufreq/cpuinfo_max_freq": "3600000\n",
    "node/online": "0\n",
    "node/node0/cpulist": "0-3\n",
  };
  withSysfs(tree, (root) => {
    assert.deepEqual(readTopology([0, 1, 2, 3], root), [
      { cpu: 0, core: 0, package: 0, node: 0 },
      { cpu: 2, core: 0, package: 0, node: 0 },
      { cpu: 1, core: 1, package: 0, node: 0, maxFrequencyKhz: 3_600_000 },
      { cpu: 3, core: 1, package: 0, node: 0 },
    ]);
  });
});

test("readTopology() tells two sockets apart that number their cores alike", () => {
  const tree = {
    ...cpu(0, 0, 0, "0"),
    ...cpu(1, 1, 0, "1"),
    ...cpu(2, 0, 1, "2"),
    ...cpu(3, 1, 1, "3"),
    "node/online": "0-1,4\n",
    "node/node0/cpulist": "0,2\n",
    "node/node1/cpulist": "1,3\n",
    // Memory without CPUs, such as a GPU's.
    "node/node4/cpulist": "\n",
  };
  withSysfs(tree, (root) => {
    assert.deepEqual(readTopology([0, 1, 2, 3], root), [
      { cpu: 0, core: 0, package: 0, node: 0 },
      { cpu: 2, core: 1, package: 0, node: 0 },
      { cpu: 1, core: 2, package: 1, node: 1 },
      { cpu: 3, core: 3, package: 1, node: 1 },
    ]);
  });
});

test("a core keeps one number when a sibling is offline or not allowed", () => {
  const tree = {
    ...cpu(0, 0, 0, "0"), // CPU 4, its sibling, is offline
    ...cpu(1, 0, 1, "1,5"),
    ...cpu(5, 0, 1, "1,5"),
  };
  withSysfs(tree, (root) => {
    assert.deepEqual(readTopology([0, 5], root), [
      { cpu: 0, core: 0, package: 0, node: 0 },
      { cpu: 5, core: 1, package: 0, node: 0 },
    ]);
  });
});

test("readTopology() reads the older name of the list, and package -1 as 0", () => {
  const tree = {
    "cpu/cpu0/topology/thread_siblings_list": "0-1\n",
    "cpu/cpu1/topology/thread_siblings_list": "0-1\n",
    "cpu/cpu0/topology/physical_package_id": "-1\n",
  };
  withSysfs(tree, (root) => {
    assert.deepEqual(
      readTopology([0, 1], root).map((record) => [record.core, record.package]),
      [[0, 0], [0, 0]],
    );
  });
});

test("CPUs of which nothing can be read are a core each", () => {
  const garbled = { "cpu/cpu3/topology/core_cpus_list": "3-\n" };
  for (const tree of [{}, garbled]) {
    withSysfs(tree, (root) => {
      assert.deepEqual(readTopology([3, 1], root), flatTopology([1, 3]));
    });
  }
});

function withSysfs(tree: Tree, body: (root: string) => void): void {
  const root = mkdtempSync(join(tmpdir(), "loom-sysfs-"));
  try {
    for (const [path, text] of Object.entries(tree)) {
      const file = join(root, "devices/system", path);
      mkdirSync(dirname(file), { recursive: true });
      writeFileSync(file, text);
    }
    body(root);
  } finally {
    rmSync(root, { recursive: true });
  }
}
