/**
 * hwloc on described machines. Only tests about "this machine" depend on it.
 *
 * @module
 */

import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { HWLOC_PATHS, openHwloc } from "../../ffi/hwloc_library.ts";
import {
  type HwlocOptions,
  type HwlocSource,
  loadMachine,
} from "../../ffi/hwloc.ts";
import type { Machine } from "../../ffi/machine.ts";
import { withFiles } from "../config/config_file.ts";
import { compileLibrary, hasCompiler } from "../support/compiler.ts";
import { GPU_MACHINE_XML } from "../support/gpu_machine.ts";
import { skip, test } from "../support/test.ts";

const hasHwloc = openHwloc(HWLOC_PATHS).ok;
const needsHwloc = hasHwloc
  ? test
  : (name: string) => skip(name, "needs libhwloc.so.15");

needsHwloc(
  "A synthetic machine has its packages, nodes, caches and cores",
  () => {
    const machine = load({
      from: "synthetic",
      description: "pack:2 [numa(memory=1GB)] l3:2(size=4MB) core:2 pu:2",
    });
    assert.deepEqual(machine.cpus, range(0, 16));
    assert.deepEqual(machine.packages, [
      { index: 0, cpus: range(0, 8) },
      { index: 1, cpus: range(8, 16) },
    ]);
    assert.deepEqual(
      machine.nodes.map(({ index, cpus }) => [index, cpus[0], cpus.length]),
      [[0, 0, 8], [1, 8, 8]],
    );
    assert.ok(machine.nodes[0].memoryBytes >= 1e9);
    assert.deepEqual(
      machine.l3Groups.map(({ cpus }) => cpus[0]),
      [0, 4, 8, 12],
    );
    assert.equal(machine.l3Groups[0].sizeBytes, 4_000_000);
    assert.deepEqual(machine.cores[7], { cpus: [14, 15] });
    assert.deepEqual(machine.kinds, []);
    assert.deepEqual(machine.displays, []);
  },
);

needsHwloc("Levels that a description omits are empty", () => {
  const machine = load({ from: "synthetic", description: "pu:3" });
  assert.deepEqual(machine.packages, []);
  assert.deepEqual(machine.l3Groups, []);
  assert.deepEqual(machine.cores, [{ cpus: [0] }, { cpus: [1] }, {
    cpus: [2],
  }]);
});

needsHwloc("CPUs above 1,024 are read like others", () => {
  const machine = load({
    from: "synthetic",
    description: "pack:2 core:512 pu:2",
  });
  assert.equal(machine.cpus.length, 2048);
  assert.deepEqual(machine.cores[1023], { cpus: [2046, 2047] });
});

needsHwloc("A GPU's locality is its nearest ancestor with CPUs", () => {
  const xml = { from: "xml text", text: GPU_MACHINE_XML } as const;
  const { displays } = load(xml, { devices: true });
  assert.deepEqual(
    displays.map(({ busId, classId, vendorId, osDevices, locality }) => ({
      busId,
      classId,
      vendorId,
      osDevices,
      locality,
    })),
    [{
      busId: "0000:3b:00.0",
      classId: 0x0302,
      vendorId: 0x10de,
      osDevices: ["nvml0"],
      locality: { cpus: [0], nodes: [0], ancestor: "Package" },
    }, {
      busId: "0000:d8:00.0",
      classId: 0x0302,
      vendorId: 0x10de,
      osDevices: ["nvml1"],
      locality: { cpus: [1], nodes: [1], ancestor: "Package" },
    }, {
      busId: "0001:01:00.0",
      classId: 0x0300,
      vendorId: 0x10de,
      osDevices: [],
      locality: { cpus: [0, 1], nodes: [0, 1], ancestor: "Machine" },
    }],
  );
  assert.deepEqual(load(xml).displays, [], "not requested");
});

needsHwloc("This machine has the online CPUs of the kernel", () => {
  const online = readFileSync("/sys/devices/system/cpu/online", "utf8").trim();
  const oracle = spawnSync("hwloc-calc", [
    "--whole-system",
    "-I",
    "pu",
    "--po",
    "all",
  ], {
    encoding: "utf8",
  });
  const machine = load({ from: "this machine" });
  assert.equal(ranges(machine.cpus), online);
  if (oracle.status === 0) {
    assert.equal(machine.cpus.join(","), oracle.stdout.trim());
  }
});

needsHwloc("A file gives the same records as its text", () => {
  withFiles({ "machine.xml": GPU_MACHINE_XML }, (folder) => {
    const path = join(folder, "machine.xml");
    const options = { devices: true };
    assert.deepEqual(
      load({ from: "xml file", path }, options),
      load({ from: "xml text", text: GPU_MACHINE_XML }, options),
    );
  });
});

needsHwloc("An invalid description is a value with the reason", () => {
  const sources: [HwlocSource, RegExp][] = [
    [
      { from: "xml file", path: "/loom-is-not-there.xml" },
      /^Cannot read topology "\/loom-is-not-there.xml": it does not exist or/,
    ],
    [{ from: "xml text", text: "<no" }, /^Cannot (read|load) .*topology/],
    [
      {
        from: "xml text",
        text: GPU_MACHINE_XML.replace(/version="[^"]*">/, 'version="3.0">'),
      },
      /^Cannot load .*: it is hwloc XML of version 3, and libhwloc.so.15 reads/,
    ],
    [
      { from: "synthetic", description: "sockets:many" },
      /^Cannot read topology "sockets:many": it is not a synthetic/,
    ],
  ];
  for (const [source, message] of sources) {
    const result = loadMachine(source);
    assert.equal(!result.ok && result.reason, "source");
    assert.match(result.ok ? "" : result.message, message);
  }
});

test("Without libhwloc the result has the reason", () => {
  const result = loadMachine({ from: "this machine" }, {
    paths: ["libloom-is-not-there.so"],
  });
  assert.equal(!result.ok && result.reason, "missing");
});

const needsCompiler = hasCompiler
  ? test
  : (name: string) => skip(name, "needs a C compiler");

needsCompiler("An API other than 2 is rejected with its version", () => {
  const source = "unsigned hwloc_get_api_version(void) { return 0x00030000; }";
  compileLibrary(source, (path) => {
    const result = loadMachine({ from: "this machine" }, { paths: [path] });
    assert.equal(!result.ok && result.reason, "version");
    assert.match(result.ok ? "" : result.message, /has API 3\.0.*API 2 only$/);
  });
});

/** The functions of hwloc that a load calls; a file counts objects that are not freed. */
const COUNTING = `
#include <stdio.h>
#include <stdlib.h>
static int live = 0;
static void note(int change) {
  live += change;
  FILE *file = fopen(COUNT_FILE, "w");
  fprintf(file, "%d", live);
  fclose(file);
}
unsigned hwloc_get_api_version(void) { return 0x00020900; }
int hwloc_topology_init(void **out) { *out = malloc(8); note(1); return 0; }
void hwloc_topology_destroy(void *it) { free(it); note(-1); }
int hwloc_topology_set_flags(void *t, unsigned long f) { return 0; }
int hwloc_topology_set_io_types_filter(void *t, int f) { return 0; }
int hwloc_topology_set_xml(void *t, const char *p) { return 0; }
int hwloc_topology_set_xmlbuffer(void *t, const char *p, int n) { return 0; }
int hwloc_topology_set_synthetic(void *t, const char *d) { return -1; }
int hwloc_topology_load(void *t) { return FAILS_TO_LOAD; }
int hwloc_topology_is_thissystem(void *t) { return 0; }
int hwloc_get_type_depth(void *t, int k) { return -1; }
unsigned hwloc_get_nbobjs_by_depth(void *t, int d) { return 0; }
void *hwloc_get_obj_by_depth(void *t, int d, unsigned i) { return 0; }
void *hwloc_bitmap_alloc(void) { note(1); return malloc(8); }
void hwloc_bitmap_free(void *b) { free(b); note(-1); }
int hwloc_bitmap_next(void *b, int p) { return -1; }
int hwloc_cpukinds_get_nr(void *t, unsigned long f) { return 0; }
int hwloc_cpukinds_get_info(void *t, unsigned k, void *c, int *e, unsigned *n, void **i, unsigned long f) { return -1; }
`;

needsCompiler("A load frees everything, also if it fails", () => {
  const sources: readonly [HwlocSource, ok: boolean, loadFails: string][] = [
    [{ from: "xml text", text: "" }, true, "0"],
    [{ from: "xml text", text: "" }, false, "-1"],
    [{ from: "synthetic", description: "refused" }, false, "0"],
    [{ from: "this machine" }, false, "0"], // describes another one
  ];
  for (const [source, ok, loadFails] of sources) {
    withFiles({ count: "" }, (folder) => {
      const countFile = join(folder, "count");
      const defines = {
        COUNT_FILE: JSON.stringify(countFile),
        FAILS_TO_LOAD: loadFails,
      };
      compileLibrary(COUNTING, (path) => {
        assert.equal(loadMachine(source, { paths: [path] }).ok, ok);
        assert.equal(readFileSync(countFile, "utf8"), "0", source.from);
        const maps = readFileSync("/proc/self/maps", "utf8");
        assert.ok(!maps.includes(path), "the library is unloaded");
      }, defines);
    });
  }
});

function load(source: HwlocSource, options: HwlocOptions = {}): Machine {
  const result = loadMachine(source, options);
  if (!result.ok) assert.fail(result.message);
  return result.machine;
}

function range(from: number, to: number): number[] {
  return Array.from({ length: to - from }, (_, i) => from + i);
}

/** The kernel's format of lists. */
function ranges(cpus: readonly number[]): string {
  const parts: string[] = [];
  for (let i = 0; i < cpus.length; i++) {
    const first = cpus[i];
    while (cpus[i + 1] === cpus[i] + 1) i++;
    parts.push(first === cpus[i] ? `${first}` : `${first}-${cpus[i]}`);
  }
  return parts.join(",");
}
