import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { mkdirSync, symlinkSync } from "node:fs";
import { join } from "node:path";
import { VERSION } from "../../lib/version.ts";
import { HERE } from "../support/program.ts";
import { findRuntime } from "../support/runtimes.ts";
import { skip, test } from "../support/test.ts";
import { projectsOfFile, succeeded } from "../support/user_project.ts";

const newProject = projectsOfFile();
const RUNTIME = findRuntime(HERE);

test("The runtime runs the command of the package", async () => {
  const project = await newProject();
  if (HERE === "Bun") await project.install();
  // Deno finds the package in the registry, Bun in the folder.
  const commands = HERE === "Deno"
    ? [[RUNTIME, "run", "--allow-all", "npm:@loom/runtime/cli"]]
    : [[RUNTIME, "x", "loom"], [RUNTIME, "x", "--bun", "loom"]];
  for (const command of commands) {
    const version = await project.run([...command, "--version"]);
    assert.equal(succeeded(version), `${VERSION}\n`);
    const unknown = await project.run([...command, "unknown"]);
    assert.deepEqual([unknown.code, unknown.stdout], [1, ""]);
  }
});

const name = "Node.js runs the command on a runtime that it finds";
const node = spawnSync("node", ["--eval", "console.log(process.execPath)"], {
  encoding: "utf8",
});
if (node.status !== 0) skip(name, "no Node.js on the PATH");
else {
  test(name, async () => {
    const { folder, install, run } = await newProject();
    const [nowhere, somewhere] = ["nowhere", "somewhere"].map((name) => {
      mkdirSync(join(folder, name));
      return join(folder, name);
    });
    symlinkSync(RUNTIME, join(somewhere, HERE.toLowerCase()));
    // As npm does it.
    await install("Bun");
    const loom = [
      node.stdout.trim(),
      join(folder, "node_modules/@loom/runtime/bin/loom.js"),
    ];

    const found = await run([...loom, "--version"], {
      env: { PATH: somewhere },
    });
    assert.equal(succeeded(found), `${VERSION}\n`);
    const missing = await run([...loom, "--version"], {
      env: { PATH: nowhere },
    });
    assert.equal(missing.code, 1);
    assert.match(
      missing.stderr,
      /needs Bun or Deno, and neither is on the PATH/,
    );
  });
}
