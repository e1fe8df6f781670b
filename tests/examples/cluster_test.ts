import assert from "node:assert/strict";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { clusterTest } from "../support/cluster.ts";
import { runProgram } from "../support/program.ts";

clusterTest(
  "The cluster demo hashes all files and shows what each host did",
  async () => {
    const folder = mkdtempSync(join(tmpdir(), "loom-cluster-"));
    try {
      for (let i = 0; i < 20; i++) writeFileSync(join(folder, `${i}`), `${i}`);
      const demo = "../../../examples/cluster/demo.ts";
      const { code, stdout, stderr } = await runProgram(demo, [folder]);
      assert.deepEqual([code, stderr], [0, ""]);
      assert.match(stdout, /^20 files in [\d.]+ s, hash of all [\da-f]{64}$/m);
      const counts = [...stdout.matchAll(/^host-\d has hashed (\d+) files/gm)]
        .map(([, count]) => Number(count));
      assert.equal(counts.length, 2);
      assert.equal(counts[0] + counts[1], 20);
    } finally {
      rmSync(folder, { recursive: true });
    }
  },
);
