import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { HWLOC_PATHS, openHwloc } from "../../ffi/hwloc_library.ts";
import { runProgram } from "../../lib/cli/main.ts";
import { drawText } from "../../lib/drawing/text.ts";
import { readSysfs } from "../../lib/placement/sysfs.ts";
import { withFiles } from "../config/config_file.ts";
import { MACHINES } from "../fixtures/machines.ts";
import { GPU_MACHINE_XML } from "../support/gpu_machine.ts";
import { withSysfs } from "../support/sysfs_tree.ts";
import { skip, test } from "../support/test.ts";

const needsHwloc = openHwloc(HWLOC_PATHS).ok
  ? test
  : (name: string) => skip(name, "needs libhwloc.so.15");

async function run(...argv: string[]) {
  let [out, err] = ["", ""];
  const exitCode = await runProgram(
    ["topology", "--env-prefix", "NONE", ...argv],
    { out: (text) => out += text, err: (text) => err += text },
  );
  return { exitCode, out, err };
}

needsHwloc(
  "loom topology draws a described machine with its threads",
  async () => {
    const { exitCode, out } = await run(
      "--synthetic=pack:2 l3:1(size=4194304) core:2 pu:2",
      "--loom-cpuset=0-6",
      "--loom-compute-threads=4",
    );
    assert.equal(exitCode, 0);
    assert.equal(
      out.replaceAll(/, \d+ GiB/g, ""),
      `\
2 packages, 1 NUMA node, 4 cores, 8 CPUs (hwloc)
Package 0
  NUMA node 0
    L3 4 MiB
      [0 A0|1 . ] [2 C0|3 C3]
Package 1
  NUMA node 0
    L3 4 MiB
      [4 C1|5 . ] [6 C2|7 - ]

[ ] core, { } efficiency core; on their PUs: A0 loom-async-0000,
C0 loom-compute-0000, . free, - not used
`,
    );
  },
);

needsHwloc(
  "loom topology --json prints the machine and the threads",
  async () => {
    await withFiles({ "machine.xml": GPU_MACHINE_XML }, async (folder) => {
      const path = join(folder, "machine.xml");
      const { out } = await run(
        "--xml",
        path,
        "--json",
        "--loom-cuda-device=1",
      );
      const { machine, effectiveCpuset, threads, gpu, arrayNodes, notes } = JSON
        .parse(out);
      assert.equal(machine.displays.length, 3);
      assert.deepEqual(effectiveCpuset, [1]);
      assert.deepEqual(threads, [
        { name: "loom-async-0000", role: "async", index: 0, cpu: 1 },
        { name: "loom-compute-0000", role: "compute", index: 0, cpu: 1 },
      ]);
      assert.deepEqual(gpu, { device: 1, busId: "0000:d8:00.0" });
      assert.deepEqual(arrayNodes, []);
      assert.deepEqual(notes, []);
    });
  },
);

needsHwloc("loom topology --svg writes a picture of the machine", async () => {
  await withFiles({ "machine.xml": GPU_MACHINE_XML }, async (folder) => {
    const picture = join(folder, "machine.svg");
    await run("--xml", join(folder, "machine.xml"), "--svg", picture);
    const svg = readFileSync(picture, "utf8");
    for (
      const label of [
        "Package 1",
        "NUMA node 1, 1 GiB",
        "GPU 0000:d8:00.0 nvml1",
        "GPU 0001:01:00.0 10de:1db8, locality unknown",
        "A0",
        "C0 loom-compute-0000",
      ]
    ) {
      assert.ok(svg.includes(`>${label}</text>`), label);
    }
    const count = (pattern: RegExp) => svg.match(pattern)?.length;
    assert.equal(count(/<rect class="core"/g), 2);
    assert.equal(count(/<rect class="package"/g), 2);
    const opened = count(/<text/g);
    assert.equal(count(/<\/text>/g), opened);
    assert.ok(!svg.includes("NaN") && !svg.includes("undefined"));
  });
});

needsHwloc(
  "A drawing marks the GPU of cuda_device and shows where large arrays come from",
  async () => {
    await withFiles({ "machine.xml": GPU_MACHINE_XML }, async (folder) => {
      const path = join(folder, "machine.xml");
      const svg = join(folder, "machine.svg");
      const near =
        (await run("--xml", path, "--loom-cuda-device=1", "--svg", svg)).out;
      assert.match(near, /^ +GPU 0000:d8:00.0 nvml1 = cuda_device 1$/m);
      assert.match(near, /^ +GPU 0000:3b:00.0 nvml0$/m);
      assert.match(
        near,
        /^memory comes from the NUMA node of the thread that first/m,
      );
      const picture = readFileSync(svg, "utf8");
      assert.equal(picture.match(/<rect class="selected"/g)?.length, 1);
      assert.match(
        (await run(
          "--xml",
          path,
          "--loom-async-threads=1",
          "--loom-compute-threads=1",
        )).out,
        /^runtime.alloc\(\) takes large arrays from NUMA node 1$/m,
      );
    });
  },
);

needsHwloc(
  "loom topology reports problems with a machine or a GPU",
  async () => {
    const nowhere = await run("--xml", "/loom-is-not-there.xml");
    assert.equal(nowhere.exitCode, 1);
    assert.match(
      nowhere.err,
      /^Cannot read topology "\/loom-is-not-there.xml"/,
    );
    const noGpu = await run("--synthetic=pu:2", "--loom-cuda-device=0");
    assert.equal(noGpu.exitCode, 1);
    assert.match(noGpu.err, /Cannot find GPU 0: .* has no NVIDIA GPU/);
    const both = await run("--xml", "a", "--synthetic", "pu:2", "--json");
    assert.match(JSON.parse(both.out).error, /both given/);
  },
);

test("loom topology draws this machine", async () => {
  const { exitCode, out } = await run();
  assert.equal(exitCode, 0);
  assert.match(out, /^\d+ packages?, .*\((hwloc|sysfs)\)$/m);
  assert.match(out, / A0/);
});

test("A drawing marks efficiency cores and unused CPUs", () => {
  withSysfs(MACHINES.hybrid, (folder) => {
    const machine = readSysfs({ root: `${folder}/sys` });
    const text = drawText({
      machine,
      effectiveCpuset: [0, 1, 4, 5],
      threads: [
        { name: "x-async-0000", role: "async", index: 0, cpu: 0 },
        ...[0, 1, 2, 3].map((index) => ({
          name: `x-compute-000${index}`,
          role: "compute" as const,
          index,
          cpu: 4,
        })),
      ],
      arrayNodes: [],
      gpu: { device: "GPU-7", busId: "0007:01:00.0" },
      notes: ["remember ".repeat(20).trim()],
    });
    const lines = text.split("\n").map((line) => line.replaceAll(/ +/g, " "));
    assert.ok(lines.includes(" [0 A0 |1 . ] [2 - |3 - ]"));
    assert.ok(lines.includes(" {4 C0+C1+2 more} {5 . } {6 - } {7 - }"), text);
    const lost = "GPU 0007:01:00.0, not described = cuda_device GPU-7";
    assert.ok(lines.includes(lost), text);
    assert.equal(lines.at(-1), "remember ".repeat(3).trim());
    assert.ok(text.split("\n").every((line) => line.length <= 80), text);
  });
});
