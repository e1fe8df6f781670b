/**
 * Finds the pinned Deno and Bun, whichever of the two is running.
 *
 * @module
 */

import { spawnSync } from "node:child_process";
import { existsSync } from "node:fs";
import { resolve } from "node:path";
import process from "node:process";
import { fileURLToPath } from "node:url";

/** The two runtimes loom is for. */
export type RuntimeName = "Deno" | "Bun";

/** The versions every test and figure is from. */
export const PINNED: Readonly<Record<RuntimeName, string>> = {
  Deno: "2.9.6",
  Bun: "1.4.5",
};

/** The project's folder, without a slash at its end. */
export const ROOT: string = resolve(
  fileURLToPath(new URL("../..", import.meta.url)),
);

interface Found {
  readonly path: string;
  readonly version: string;
}

/**
 * Returns the path of the pinned version's own binary.
 *
 * It is looked for in the running process, the installed dependencies and PATH, in
 * that order; a Deno found nowhere is fetched by Bun into Bun's cache.
 *
 * @throws {Error} when no candidate has the pinned version.
 */
export function findRuntime(name: RuntimeName): string {
  const seen: string[] = [];
  for (const command of candidates(name)) {
    const found = probe(name, command);
    if (found?.version === PINNED[name]) return found.path;
    seen.push(`${command.join(" ")}: ${found?.version ?? "does not run"}`);
  }
  throw new Error(
    `Cannot find ${name} ${PINNED[name]}: tried ${seen.join("; ")}`,
  );
}

/** Commands that may start `name`, best first; lazy, because the last one downloads. */
function* candidates(name: RuntimeName): Generator<string[]> {
  const command = name.toLowerCase();
  if (command in process.versions) yield [process.execPath];
  const installed = `${ROOT}/node_modules/.bin/${command}`;
  if (existsSync(installed)) yield [installed];
  yield [command];
  // Deno's npm package lists platforms that not every registry mirror has, and Deno
  // refuses to install it then. So it is no devDependency, and Bun fetches it.
  if (name === "Deno") {
    yield [findRuntime("Bun"), "x", "--bun", `deno@${PINNED.Deno}`];
  }
}

/** Asks the runtime itself for its path: a wrapper script cannot be killed in its place. */
function probe(
  name: RuntimeName,
  [file, ...args]: string[],
): Found | undefined {
  const source =
    `console.log(JSON.stringify({ path: process.execPath, version: process.versions.${name.toLowerCase()} }))`;
  const evaluate = name === "Deno" ? "eval" : "--eval";
  const { status, stdout } = spawnSync(file, [...args, evaluate, source], {
    cwd: ROOT,
    encoding: "utf8",
  });
  return status === 0 ? JSON.parse(stdout) as Found : undefined;
}
