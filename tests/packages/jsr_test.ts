import assert from "node:assert/strict";
import { cpSync, mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { VERSION } from "../../lib/version.ts";
import { serveJsrRegistry } from "../support/jsr_registry.ts";
import type { LocalServer } from "../support/loopback.ts";
import { HERE, type ProgramEnd } from "../support/program.ts";
import { findRuntime, ROOT } from "../support/runtimes.ts";
import { afterAll, skip, test } from "../support/test.ts";
import {
  OBSERVED_PROGRAM,
  PROGRAM_ARGUMENTS,
  PROGRAM_RESULT,
  projectsOfFile,
  succeeded,
  type UserProject,
} from "../support/user_project.ts";

const newProject = projectsOfFile();
const DENO = findRuntime("Deno");
const { imports } = JSON.parse(readFileSync(join(ROOT, "deno.json"), "utf8"));

/** The packages of the standard library, which are here what stands in for them. */
const STANDARD = [
  ["@std/cli", "1.0.32", "./parse-args"],
  ["@std/toml", "1.0.11", "."],
  ["@std/yaml", "1.2.0", "."],
].map(([name, version, path]) => {
  const file: string = imports[name + path.slice(1)];
  return { name, version, path, file };
});

let registry: Promise<LocalServer> | undefined;
let folder: string | undefined;

afterAll(async () => {
  await (await registry)?.[Symbol.asyncDispose]();
  if (folder !== undefined) rmSync(folder, { recursive: true });
});

const offline =
  "A program runs on the package from JSR, with few permissions and offline";
if (HERE === "Bun") skip(offline, "Bun imports nothing from JSR by itself");
else {
  test("deno publish has nothing to warn of", async () => {
    const { stdout, stderr } = await publish(await newProject());
    assert.doesNotMatch(stdout + stderr, /warn/i);
  });

  test(offline, async () => {
    const project = await newProject();
    await publish(project);
    project.addProgram();
    const { url } = await registry!;
    const deno = async (...args: readonly string[]) => {
      const env = { JSR_URL: url };
      return succeeded(await project.run([DENO, ...args], { env }));
    };
    await deno("add", "jsr:@loom/runtime");
    await deno("check", "main.ts");
    const lock = readFileSync(join(project.folder, "deno.lock"), "utf8");
    assert.match(lock, /"jsr:@loom\/runtime@/);
    const run = ["run", "--allow-read", "--allow-ffi", "--no-prompt"];
    const program = ["main.ts", ...PROGRAM_ARGUMENTS];
    const first = await deno(...run, ...program);
    assert.deepEqual(JSON.parse(first), PROGRAM_RESULT);
    const second = await deno(...run, "--cached-only", "--frozen", ...program);
    assert.deepEqual(JSON.parse(second), PROGRAM_RESULT);
    project.write("observed.ts", OBSERVED_PROGRAM);
    const observed = [...run, "--allow-net=127.0.0.1", "observed.ts"];
    assert.equal(await deno(...observed), "true\n");
    const command = ["--allow-all", "jsr:@loom/runtime/cli", "--version"];
    assert.equal(await deno("run", ...command), `${VERSION}\n`);
  });
}

/** Publishes the package to the stand-in, as a release does; first what it needs from there. */
async function publish({ run }: UserProject): Promise<ProgramEnd> {
  folder ??= mkdtempSync(join(tmpdir(), "loom-jsr-"));
  registry ??= serveJsrRegistry(folder);
  const { url } = await registry;
  const env = { JSR_URL: url };
  // `deno task check` checks the types.
  const options = ["--token=none", "--no-provenance", "--no-check"];
  for (const { name, version, path, file } of STANDARD) {
    const { write, run, folder } = await newProject();
    const exports = { [path]: "./mod.ts" };
    write("deno.json", { name, version, license: "MIT", exports, imports });
    cpSync(join(ROOT, file), join(folder, "mod.ts"));
    succeeded(await run([DENO, "publish", ...options], { env }));
  }
  const release = [DENO, "run", "--allow-all", ".release/jsr.ts", ...options];
  const end = await run(release, { cwd: ROOT, env });
  succeeded(end);
  return end;
}
