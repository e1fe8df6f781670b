/**
 * Real machines, from a folder that is not part of the project: hwloc XML exports, and the
 * expected results in `expected.tsv`. `LOOM_TOPOLOGY_DIR` names the folder.
 *
 * @module
 */

import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { join, resolve } from "node:path";
import process from "node:process";
import { loadMachine } from "../../ffi/hwloc.ts";
import { HWLOC_PATHS, openHwloc } from "../../ffi/hwloc_library.ts";
import { formatCpuset } from "../../lib/placement/cpuset.ts";
import { ROOT } from "../support/runtimes.ts";
import { skip, test } from "../support/test.ts";

const folder = process.env.LOOM_TOPOLOGY_DIR;
const NAME = "Real machines: every GPU has the expected CPUs";

if (folder === undefined) {
  skip(NAME, "needs LOOM_TOPOLOGY_DIR, a folder of hwloc XML and expected.tsv");
} else if (!openHwloc(HWLOC_PATHS).ok) {
  skip(NAME, "needs libhwloc.so.15");
} else {
  const place = resolve(ROOT, folder);
  for (const [file, rows] of readExpected(place)) {
    for (const row of rows) {
      test(`Real machine ${file}, GPU ${row.busId}: CPUs ${row.cpus}`, () => {
        assert.deepEqual(answer(join(place, file), row.busId), row);
      });
    }
  }
}

/** One line of `expected.tsv`. */
interface Row {
  readonly busId: string;
  readonly cpus: string;
  readonly nodes: string;
  readonly pci: string;
  readonly osDevice: string;
  readonly ancestor: string;
}

function readExpected(place: string): Map<string, Row[]> {
  const lines = readFileSync(join(place, "expected.tsv"), "utf8").trim()
    .split("\n").filter((line) => !line.startsWith("#"));
  const rows = new Map<string, Row[]>();
  for (const line of lines) {
    const [file, busId, cpus, nodes, pci, osDevice, ancestor] = line.split(
      "\t",
    );
    const row = { busId, cpus, nodes, pci, osDevice, ancestor };
    rows.set(file, [...rows.get(file) ?? [], row]);
  }
  return rows;
}

function answer(path: string, busId: string): Row | undefined {
  const result = loadMachine({ from: "xml file", path }, { devices: true });
  if (!result.ok) assert.fail(result.message);
  const found = result.machine.displays.find((it) => it.busId === busId);
  if (found === undefined) return undefined;
  const { cpus, nodes, ancestor } = found.locality;
  const hex = (value: number) => value.toString(16).padStart(4, "0");
  return {
    busId,
    cpus: formatCpuset(cpus),
    nodes: nodes.join(","),
    pci: `${hex(found.classId)} ${hex(found.vendorId)}:${hex(found.deviceId)}`,
    osDevice: found.osDevices.find((name) => /^(nvml|rsmi)/.test(name)) ?? "-",
    // hwloc 1 had NUMA nodes as ancestors; hwloc 2 has groups instead.
    ancestor: ancestor === "Group" ? "NUMANode" : ancestor,
  };
}
