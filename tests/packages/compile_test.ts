import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import {
  copyFileSync,
  mkdtempSync,
  renameSync,
  rmSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { HERE } from "../support/program.ts";
import { findRuntime } from "../support/runtimes.ts";
import { skip, test } from "../support/test.ts";
import {
  PROGRAM_ARGUMENTS,
  PROGRAM_RESULT,
  projectsOfFile,
  succeeded,
} from "../support/user_project.ts";

const newProject = projectsOfFile();
const RUNTIME = findRuntime(HERE);

/** The commands that compile `main.ts` to `program`. */
const COMPILE: readonly string[] = HERE === "Deno"
  ? ["compile", "--allow-all", "--no-check", "--output=program", "main.ts"]
  // The worker is a second entry point, beside the first.
  : ["build", "--compile", "--outfile=program", "main.ts", "./loom_worker.js"];

const name = "A compiled program runs alone";
if (HERE === "Deno" && !denoCompiles()) {
  skip(name, "Deno cannot download denort, which it puts into the program");
} else {
  test(name, async () => {
    const { addProgram, folder, install, run, write } = await newProject();
    addProgram();
    write("package.json", { type: "module" });
    await install("Bun");
    copyFileSync(
      join(folder, "node_modules/@loom/runtime/lib/loom_worker.js"),
      join(folder, "loom_worker.js"),
    );
    succeeded(
      await run([RUNTIME, ...COMPILE], { env: { DENO_DIR: undefined } }),
    );
    const alone = await newProject();
    for (const name of ["program", "loom.toml", "loom.yaml"]) {
      renameSync(join(folder, name), join(alone.folder, name));
    }
    // Nothing of the project is left.
    rmSync(folder, { recursive: true });

    const end = await alone.run(["./program", ...PROGRAM_ARGUMENTS]);
    assert.deepEqual(JSON.parse(succeeded(end)), PROGRAM_RESULT);
  });
}

function denoCompiles(): boolean {
  const folder = mkdtempSync(join(tmpdir(), "loom-compile-"));
  try {
    writeFileSync(join(folder, "a.ts"), "");
    const { status } = spawnSync(RUNTIME, ["compile", "--output=a", "a.ts"], {
      cwd: folder,
      stdio: "ignore",
      timeout: 60_000,
    });
    return status === 0;
  } finally {
    rmSync(folder, { recursive: true });
  }
}
