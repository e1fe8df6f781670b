import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import process from "node:process";
import { pathToFileURL } from "node:url";
import { HERE } from "../support/program.ts";
import { findRuntime, ROOT } from "../support/runtimes.ts";
import { scaleLimit } from "../support/slowdown.ts";
import { skip, test } from "../support/test.ts";

const PROGRAM = `
import { LoomBuilder } from "${pathToFileURL(ROOT)}/mod.ts";
Deno.test("starts workers", async () => {
  await using runtime = await new LoomBuilder().pinThreads(false).computeThreads(2).build();
  await runtime.spawnCompute((n: number) => n, 1);
});
`;

const name = "`deno test` checks types once, and not again for each worker";
if (HERE === "Bun") skip(name, "Bun checks no types");
else {
  test(name, () => {
    const folder = mkdtempSync(`${tmpdir()}/loom-checked-`);
    try {
      writeFileSync(`${folder}/a_test.ts`, PROGRAM);
      const { status, stdout, stderr } = spawnSync(
        findRuntime("Deno"),
        ["test", "--allow-all", `--config=${ROOT}/deno.json`, "a_test.ts"],
        {
          cwd: folder,
          encoding: "utf8",
          env: { ...process.env, NO_COLOR: "1" },
          timeout: Math.ceil(scaleLimit(50_000)),
        },
      );
      assert.equal(status, 0, stdout + stderr);
      assert.deepEqual(stderr.match(/^Check .*/gm), ["Check a_test.ts"]);
    } finally {
      rmSync(folder, { recursive: true });
    }
  });
}
