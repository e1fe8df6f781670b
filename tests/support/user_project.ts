/**
 * The folder of a program that uses the built package.
 *
 * @module
 */

import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { cpSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import process from "node:process";
import { buildPackage } from "../../.release/build.ts";
import type { LocalServer } from "./loopback.ts";
import { serveNpmRegistry } from "./npm_registry.ts";
import { HERE, type ProgramEnd } from "./program.ts";
import { findRuntime, ROOT, type RuntimeName } from "./runtimes.ts";
import { scaleLimit } from "./slowdown.ts";
import { afterAll } from "./test.ts";

/** How a command of a project is run. */
export interface CommandOptions {
  /** Added to the environment; without a value, left out of it. */
  readonly env?: Readonly<Record<string, string | undefined>>;
  /** Another folder; relative to that of the project. */
  readonly cwd?: string;
}

/** A folder that is empty at first, and commands in it. */
export interface UserProject {
  readonly folder: string;
  /** The folder of the built package. */
  readonly builtFolder: string;
  /** Writes a file of the project; an object as JSON. */
  write(name: string, content: string | object): void;
  /** Copies the program of `tests/fixtures/user_program/`, with its config files. */
  addProgram(): void;
  /** Adds the package to the project, as its runtime does it, or another one. */
  install(runtime?: RuntimeName): Promise<void>;
  /** Runs a command in the folder, and resolves with how it ended. */
  run(
    command: readonly string[],
    options?: CommandOptions,
  ): Promise<ProgramEnd>;
}

/** The command that runs a program on `runtime`. */
export function runCommand(runtime: RuntimeName = HERE): readonly string[] {
  const path = findRuntime(runtime);
  return runtime === "Deno" ? [path, "run", "--allow-all"] : [path];
}

/** A program that observes itself, and prints whether its page has its script. */
export const OBSERVED_PROGRAM = `
import { LoomBuilder } from "@loom/runtime";
const runtime = await new LoomBuilder().pinThreads(false).computeThreads(1)
  .observe({ http: "127.0.0.1:0" }).build();
const read = async (path) =>
  (await fetch(runtime.observer.url + path)).text();
const [, script] = /src="(.*?)"/.exec(await read(""));
console.log((await read(script)).includes("no answer"));
await runtime.blockUntilIdle();
`;

/** Arguments for the program. */
export const PROGRAM_ARGUMENTS: readonly string[] = [
  "loom.toml",
  "loom.yaml",
  "--loom-compute-threads",
  "2",
];

/** What the program prints with those arguments. */
export const PROGRAM_RESULT = {
  prefix: "file",
  computeThreads: 2,
  callerSpinUs: 7,
  total: 499_500,
  digest: "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad",
  half: 500,
  refused: "captured",
  refusedOnWorker: true,
  failed: "on purpose",
  isLocked: true,
  isLockedMutex: true,
  letters: "loom",
  doubledInline: 42,
  hasOwnFramesOnly: true,
};

/** What a command wrote to stdout that must not have failed. */
export function succeeded({ code, stdout, stderr }: ProgramEnd): string {
  assert.equal(code, 0, stdout + stderr);
  return stdout;
}

/** Earlier than the limit of a test. */
const LIMIT_MS = Math.ceil(scaleLimit(50_000));

/**
 * Returns a function that makes a project in a folder of its own. All projects of a file get
 * the package, built once, from one registry, and use caches of their own.
 */
export function projectsOfFile(): () => Promise<UserProject> {
  let scratch: string | undefined;
  let registry: Promise<LocalServer> | undefined;
  afterAll(async () => {
    await (await registry)?.[Symbol.asyncDispose]();
    if (scratch !== undefined) rmSync(scratch, { recursive: true });
  });
  return async () => {
    scratch ??= mkdtempSync(join(tmpdir(), "loom-packages-"));
    registry ??= serveBuiltPackage(scratch);
    const { url } = await registry;
    const folder = mkdtempSync(join(scratch, "project-"));
    writeFileSync(join(folder, ".npmrc"), `registry=${url}\n`);
    return project(folder, join(scratch, "built"), {
      BUN_INSTALL_CACHE_DIR: join(scratch, "bun"),
      DENO_DIR: join(scratch, "deno"),
      NPM_CONFIG_REGISTRY: url,
    });
  };
}

async function serveBuiltPackage(scratch: string): Promise<LocalServer> {
  const built = join(scratch, "built");
  await buildPackage(built);
  const packed = join(scratch, "packed");
  mkdirSync(packed);
  return await serveNpmRegistry(built, packed);
}

function project(
  folder: string,
  builtFolder: string,
  caches: Readonly<Record<string, string>>,
): UserProject {
  const run: UserProject["run"] = (command, { env = {}, cwd = "." } = {}) =>
    runIn(resolve(folder, cwd), command, { ...caches, ...env });
  return {
    folder,
    builtFolder,
    run,
    async install(runtime = HERE) {
      const name = runtime === "Deno" ? "npm:@loom/runtime" : "@loom/runtime";
      succeeded(await run([findRuntime(runtime), "add", name]));
    },
    write(name, content) {
      const text = typeof content === "string"
        ? content
        : `${JSON.stringify(content, null, 2)}\n`;
      writeFileSync(join(folder, name), text);
    },
    addProgram() {
      const from = `${ROOT}/tests/fixtures/user_program`;
      cpSync(from, folder, { recursive: true });
    },
  };
}

function runIn(
  cwd: string,
  [file, ...args]: readonly string[],
  env: Readonly<Record<string, string | undefined>>,
): Promise<ProgramEnd> {
  const child = spawn(file, args, {
    cwd,
    env: { ...process.env, NO_COLOR: "1", ...env },
    stdio: ["ignore", "pipe", "pipe"],
    timeout: LIMIT_MS,
    killSignal: "SIGKILL",
  });
  let stdout = "";
  let stderr = "";
  child.stdout.setEncoding("utf8").on("data", (text) => stdout += text);
  child.stderr.setEncoding("utf8").on("data", (text) => stderr += text);
  return new Promise((settle, reject) => {
    child.once("error", reject);
    child.once("close", (code, signal) => {
      settle({ code, signal, stdout, stderr });
    });
  });
}
