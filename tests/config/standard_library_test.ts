/**
 * Runs the tests of the configuration with the standard library, and not with what stands in
 * for it here. `LOOM_STD_DIR` names the folder of its sources, such as a clone of
 * `github.com/denoland/std`.
 */

import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import {
  existsSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import process from "node:process";
import { pathToFileURL } from "node:url";
import { HERE } from "../support/program.ts";
import { PROGRESS_VARIABLE } from "../support/progress.ts";
import { findRuntime, ROOT } from "../support/runtimes.ts";
import { scaleLimit } from "../support/slowdown.ts";
import { skip, test } from "../support/test.ts";

const name = "The tests of the configuration pass with the standard library";
const sources = process.env.LOOM_STD_DIR;
if (!sources) {
  skip(name, "needs LOOM_STD_DIR, a clone of github.com/denoland/std");
} else {
  test(name, () => {
    const folder = mkdtempSync(join(tmpdir(), "loom-std-"));
    try {
      const { status, stdout, stderr } = spawnSync(
        findRuntime(HERE),
        [
          ...testCommand(folder, modulesIn(sources)),
          "tests/config",
          "tests/cli",
        ],
        {
          cwd: ROOT,
          encoding: "utf8",
          // On Deno, a variable that is missing here is inherited. These tests are not those
          // of another file, and do not report their progress for it.
          env: {
            ...process.env,
            NO_COLOR: "1",
            LOOM_STD_DIR: "",
            [PROGRESS_VARIABLE]: "",
          },
          timeout: Math.ceil(scaleLimit(50_000)),
        },
      );
      assert.equal(status, 0, stdout + stderr);
    } finally {
      rmSync(folder, { recursive: true });
    }
  });
}

/** The path of each module by the name that others import it by. */
function modulesIn(
  sources: string,
): (readonly [name: string, path: string])[] {
  const configs = readdirSync(sources)
    .map((folder) => resolve(sources, folder, "deno.json"))
    .filter((path) => existsSync(path));
  return configs.flatMap((config) => {
    const { name, exports } = JSON.parse(readFileSync(config, "utf8"));
    const modules = typeof exports === "string" ? { ".": exports } : exports;
    return Object.entries<string>(modules).map(([subpath, path]) =>
      [
        name + subpath.slice(".".length),
        resolve(config, "..", path),
      ] as const
    );
  });
}

/** The command that runs tests with the modules by those names. */
function testCommand(
  folder: string,
  modules: readonly (readonly [name: string, path: string])[],
): string[] {
  if (HERE === "Deno") {
    const imports = Object.fromEntries(
      modules.map(([name, path]) => [name, pathToFileURL(path).href]),
    );
    const map = join(folder, "imports.json");
    writeFileSync(map, JSON.stringify({ imports }));
    return ["test", "--allow-all", "--no-check", `--import-map=${map}`];
  }
  const paths = Object.fromEntries(
    modules.map(([name, path]) => [name, [path]]),
  );
  const config = join(folder, "tsconfig.json");
  writeFileSync(config, JSON.stringify({ compilerOptions: { paths } }));
  return [`--tsconfig-override=${config}`, "test"];
}
