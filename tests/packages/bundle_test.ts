import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { copyFileSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { ProgramEnd } from "../support/program.ts";
import { findRuntime } from "../support/runtimes.ts";
import { skip, test } from "../support/test.ts";
import {
  PROGRAM_ARGUMENTS,
  PROGRAM_RESULT,
  projectsOfFile,
  runCommand,
  succeeded,
  type UserProject,
} from "../support/user_project.ts";
import { type Bundler, BUNDLERS, esbuildWith } from "./bundlers.ts";

const newProject = projectsOfFile();

/** A project with the program and the installed package, which all tests use. */
let installed: Promise<UserProject> | undefined;

function installedProject(): Promise<UserProject> {
  return installed ??= (async () => {
    const project = await newProject();
    project.addProgram();
    project.write("package.json", { type: "module" });
    await project.install("Bun");
    // The bundlers need no registry, or another one.
    rmSync(join(project.folder, ".npmrc"));
    return project;
  })();
}

/** Bundles the program into an empty project, with its worker. */
async function bundleApart(
  { bundle, workerFolder = "." }: Bundler,
): Promise<UserProject> {
  const project = await installedProject();
  const out = await newProject();
  await bundle(project, out.folder);
  copyFileSync(
    join(project.folder, "node_modules/@loom/runtime/lib/loom_worker.js"),
    join(out.folder, workerFolder, "loom_worker.js"),
  );
  for (const name of ["loom.toml", "loom.yaml"]) {
    copyFileSync(join(project.folder, name), join(out.folder, name));
  }
  return out;
}

function runMain(out: UserProject): Promise<ProgramEnd> {
  return out.run([...runCommand(), "main.js", ...PROGRAM_ARGUMENTS]);
}

for (const bundler of BUNDLERS) {
  const name = `A bundle of ${bundler.name} runs with the worker beside it`;
  if (bundler.name === "deno bundle" && !denoBundles()) {
    skip(name, "Deno cannot download the bundler");
    continue;
  }
  test(name, async () => {
    const out = await bundleApart(bundler);
    assert.deepEqual(JSON.parse(succeeded(await runMain(out))), PROGRAM_RESULT);
  });
}

test("A bundle without its worker is an error that says what to copy where", async () => {
  const out = await bundleApart(esbuildWith());
  const path = join(out.folder, "loom_worker.js");
  rmSync(path);
  const { code, stderr } = await runMain(out);
  assert.equal(code, 1);
  assert.ok(
    stderr.includes(`there is no worker at ${path}; copy node_`),
    stderr,
  );
});

test("A minified bundle runs, and an error says what to set where names matter", async () => {
  const out = await bundleApart(esbuildWith("--minify", "--keep-names"));
  const result = JSON.parse(succeeded(await runMain(out)));
  assert.deepEqual({ ...result, refused: "" }, {
    ...PROGRAM_RESULT,
    refused: "",
  });

  const project = await installedProject();
  project.write(
    "main.ts",
    `import { LoomBuilder, parRange } from "@loom/runtime";
    const runtime = await new LoomBuilder().pinThreads(false).computeThreads(1).build();
    const sum = () => parRange(0, 10).sum();
    console.log(await runtime.spawnCompute(sum).catch((error) => error.message));
    await runtime.blockUntilIdle();`,
  );
  const minified = await bundleApart(esbuildWith("--minify"));
  const message = succeeded(await runMain(minified));
  assert.match(message, /if a minifier has given .*: --minify-whitespace/);
  const named = await bundleApart(
    esbuildWith("--minify-whitespace", "--minify-syntax"),
  );
  assert.equal(succeeded(await runMain(named)), "45\n");
});

function denoBundles(): boolean {
  const folder = mkdtempSync(join(tmpdir(), "loom-bundle-"));
  try {
    writeFileSync(join(folder, "a.ts"), "");
    const { status } = spawnSync(
      findRuntime("Deno"),
      ["bundle", "a.ts", "--output=b.js"],
      { cwd: folder, stdio: "ignore", timeout: 30_000 },
    );
    return status === 0;
  } finally {
    rmSync(folder, { recursive: true });
  }
}
