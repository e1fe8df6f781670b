import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import process from "node:process";
import { ROOT } from "./support/runtimes.ts";
import { test } from "./support/test.ts";

const HEAD = `import { skip, test } from "${new URL(
  "./support/test.ts",
  import.meta.url,
)}";\n`;

test("run.ts sums up both runtimes and fails when a test failed", () => {
  const { lastLine, exitCode } = runOn(`
    test("good", () => {});
    test("bad", () => { throw new Error("on purpose"); });
    skip("left out", "nothing to see");
  `);
  assert.equal(lastLine, "2 passed, 2 failed, 2 skipped");
  assert.equal(exitCode, 1);
});

test("run.ts passes when every test passed", () => {
  const { lastLine, exitCode } = runOn(`test("good", () => {});`);
  assert.equal(lastLine, "2 passed, 0 failed");
  assert.equal(exitCode, 0);
});

test("run.ts fails when no test is counted", () => {
  const { lastLine, exitCode } = runOn("");
  assert.equal(lastLine, "0 passed, 2 failed");
  assert.equal(exitCode, 1);
});

test("run.ts fails when a runner leaves without its report", () => {
  const { lastLine, exitCode } = runOn(`
    import process from "node:process";
    test("good", () => {});
    test("leaves", () => process.exit(0));
  `);
  // Deno fails the test that left; Bun leaves, with exit code 0 and no report.
  assert.equal(lastLine, "1 passed, 2 failed");
  assert.equal(exitCode, 1);
});

test("run.ts ends a runner that hangs", () => {
  const { lastLine, exitCode } = runOn(
    `test("hangs", () => void Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0));`,
    { LOOM_TEST_LIMIT_MS: "1000" },
  );
  assert.equal(lastLine, "0 passed, 2 failed");
  assert.equal(exitCode, 1);
});

/** Runs `tests/run.ts` on a folder with one test file, with the runtime in use. */
function runOn(source: string, env: Record<string, string> = {}) {
  const folder = mkdtempSync(join(tmpdir(), "loom-run-test-"));
  try {
    writeFileSync(join(folder, "sample_test.ts"), HEAD + source);
    const run = "deno" in process.versions ? ["run", "--allow-all"] : [];
    const { stdout, status } = spawnSync(
      process.execPath,
      [...run, join(ROOT, "tests/run.ts"), folder],
      { cwd: ROOT, encoding: "utf8", env: { ...process.env, ...env } },
    );
    return { lastLine: stdout.trimEnd().split("\n").at(-1), exitCode: status };
  } finally {
    rmSync(folder, { recursive: true });
  }
}
