import assert from "node:assert/strict";
import { spawn, spawnSync } from "node:child_process";
import { once } from "node:events";
import {
  existsSync,
  mkdtempSync,
  readFileSync,
  rmSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import process from "node:process";
import { HERE } from "./support/program.ts";
import { ROOT } from "./support/runtimes.ts";
import { test } from "./support/test.ts";

const HEAD = `import { skip, test } from "${new URL(
  "./support/test.ts",
  import.meta.url,
)}";\n`;

test("run.ts sums up both runtimes, names what failed, and fails", () => {
  const { lines, exitCode } = runOn(`
    test("good", () => {});
    test("bad", () => { throw new Error("on purpose"); });
    skip("left out", "nothing to see");
  `);
  assert.equal(lines.at(-1), "2 passed, 2 failed, 2 skipped");
  for (const runtime of ["Deno", "Bun"]) {
    assert.ok(
      lines.some((line) =>
        line.startsWith(`${runtime}: Test failed: `) &&
        line.endsWith("/sample_test.ts: bad")
      ),
    );
  }
  assert.equal(exitCode, 1);
});

test("run.ts runs one runtime when asked to, and passes when every test passed", () => {
  const { lines, exitCode } = runOn(`test("good", () => {});`, "--on", "Bun");
  assert.equal(lines.at(-1), "1 passed, 0 failed");
  assert.equal(exitCode, 0);
});

test("run.ts --stress finds only files with a stress test", () => {
  const { exitCode, stderr } = runOn(`test("good", () => {});`, "--stress");
  assert.match(stderr, /Cannot run tests: no file has one/);
  assert.equal(exitCode, 1);
});

test("run.ts that is ended by a signal ends its test process too", async () => {
  const folder = mkdtempSync(join(tmpdir(), "loom-run-test-"));
  try {
    const path = join(folder, "pid");
    writeFileSync(
      join(folder, "sample_test.ts"),
      HEAD + `
        import process from "node:process";
        import { renameSync, writeFileSync } from "node:fs";
        test("waits", async () => {
          writeFileSync("${path}.new", String(process.pid));
          renameSync("${path}.new", "${path}");
          await new Promise((resolve) => setTimeout(resolve, 1e9));
        });`,
    );
    const [command, ...args] = commandLine("--on", HERE, folder);
    const child = spawn(command, args, { cwd: ROOT, stdio: "ignore" });
    const end = once(child, "exit");
    while (!existsSync(path)) await new Promise((go) => setTimeout(go, 20));
    const pid = Number(readFileSync(path, "utf8"));
    child.kill("SIGTERM");
    await end;
    while (isRunning(pid)) await new Promise((go) => setTimeout(go, 20));
  } finally {
    rmSync(folder, { recursive: true });
  }
});

function isRunning(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch {
    return false;
  }
}

/** The command that starts `tests/run.ts`, with the runtime in use. */
function commandLine(...args: string[]): string[] {
  const run = HERE === "Deno" ? ["run", "--allow-all"] : [];
  return [process.execPath, ...run, join(ROOT, "tests/run.ts"), ...args];
}

/** Runs `tests/run.ts` on a folder with one test file, with the runtime in use. */
function runOn(source: string, ...args: string[]) {
  const folder = mkdtempSync(join(tmpdir(), "loom-run-test-"));
  try {
    writeFileSync(join(folder, "sample_test.ts"), HEAD + source);
    const [command, ...rest] = commandLine(...args, folder);
    const { stdout, stderr, status } = spawnSync(command, rest, {
      cwd: ROOT,
      encoding: "utf8",
    });
    return {
      lines: stdout.trimEnd().split("\n"),
      stderr,
      exitCode: status,
    };
  } finally {
    rmSync(folder, { recursive: true });
  }
}
