/**
 * Changes the library at random places and counts how many changes the tests notice.
 *
 *     deno task test:mutation [--mutants N] [--seed N] [--on Deno|Bun] [folder of lib ...]
 *
 * `--mutants` is the number for each folder. Each changed file lies in a copy of the
 * project. A change that makes tests hang counts as noticed, since the runner names the
 * test that hangs. Survivors are printed; a change may survive because it is harmless.
 *
 * @module
 */

import { spawn } from "node:child_process";
import {
  cpSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { join, relative } from "node:path";
import process from "node:process";
import { parseArgs } from "node:util";
import fc from "fast-check";
import { findRuntime, ROOT, type RuntimeName } from "../support/runtimes.ts";
import {
  applyMutant,
  describeMutant,
  type Mutant,
  mutantsOf,
} from "./mutants.ts";

/** By folder of `lib/`: the folders of `tests/` that should notice a change in it. */
const TESTS: Readonly<Record<string, readonly string[]>> = {
  bridge: ["bridge", "calls", "runtime", "jobs"],
  codec: ["codec", "calls"],
  calls: ["calls", "bridge", "runtime", "pool"],
  worker: ["worker", "runtime", "pool"],
  pool: ["pool", "runtime", "placement"],
  jobs: ["jobs", "parallel"],
};

/** A change that makes the tests this many times slower counts as noticed. */
const SLOWER = 4;
/** A test may take so long before it counts as hung. */
const TEST_LIMIT_MS = 15_000;

/** Characters of the output of failing tests. */
const OUTPUT_SHOWN = 4_000;

/** Parts of the project that tests use. */
const COPIED = [
  ...["lib", "ffi", "tests", "examples", "bench", "docs", "mod.ts"],
  ...["deno.json", "deno.lock", "package.json", "bunfig.toml"],
  ...["tsconfig.json", ".release"],
];

const { values, positionals } = parseArgs({
  options: {
    mutants: { type: "string", default: "20" },
    seed: { type: "string", default: "1" },
    on: { type: "string", default: "Bun" },
  },
  allowPositionals: true,
});
const runtime = values.on as RuntimeName;
const folders = positionals.length > 0 ? positionals : Object.keys(TESTS);
const copy = mkdtempSync(join(tmpdir(), "loom-mutation-"));
try {
  for (const part of COPIED) {
    cpSync(join(ROOT, part), join(copy, part), { recursive: true });
  }
  symlinkSync(join(ROOT, "node_modules"), join(copy, "node_modules"));
  const lines: string[] = [];
  for (const folder of folders) lines.push(await testFolder(folder));
  console.log(["", ...lines].join("\n"));
} finally {
  rmSync(copy, { recursive: true });
}

/** Changes one folder, and returns the line that sums it up. */
async function testFolder(folder: string): Promise<string> {
  if (TESTS[folder] === undefined) {
    throw new Error(
      `Cannot change lib/${folder}: its tests are not known; known are ${
        Object.keys(TESTS).join(", ")
      }`,
    );
  }
  const begin = performance.now();
  const failure = await findFailure(folder, Infinity);
  if (failure !== undefined) {
    throw new Error(
      `Cannot test changes of lib/${folder}: its tests fail without any:\n${failure}`,
    );
  }
  const limitMs = SLOWER * (performance.now() - begin);
  const chosen = choose(folder, Number(values.mutants), Number(values.seed));
  let caught = 0;
  for (const [index, { path, mutant }] of chosen.entries()) {
    const source = readFileSync(join(ROOT, path), "utf8");
    writeFileSync(join(copy, path), applyMutant(source, mutant));
    const survives = await findFailure(folder, limitMs) === undefined;
    writeFileSync(join(copy, path), source);
    if (!survives) caught++;
    console.log(
      `${index + 1}/${chosen.length} ${survives ? "SURVIVED" : "caught"} ` +
        `${path}:${describeMutant(source, mutant)}`,
    );
  }
  return `lib/${folder}: ${caught} of ${chosen.length} caught on ${runtime}`;
}

/** Chooses changes of a folder at random. */
function choose(
  folder: string,
  count: number,
  seed: number,
): { readonly path: string; readonly mutant: Mutant }[] {
  const all = readdirSync(join(ROOT, "lib", folder))
    .filter((name) => name.endsWith(".ts"))
    .sort()
    .map((name) => join("lib", folder, name))
    .flatMap((path) =>
      mutantsOf(readFileSync(join(ROOT, path), "utf8"))
        .map((mutant) => ({ path, mutant }))
    );
  const length = Math.min(count, all.length);
  const choices = fc.shuffledSubarray(all, {
    minLength: length,
    maxLength: length,
  });
  return fc.sample(choices, { seed, numRuns: 1 })[0];
}

/**
 * Runs the tests of a folder until one fails.
 *
 * @returns The end of their output; undefined when they all pass within the limit.
 */
async function findFailure(
  folder: string,
  limitMs: number,
): Promise<string | undefined> {
  const paths = TESTS[folder].map((name) => join(copy, "tests", name));
  const command = runtime === "Deno"
    ? ["test", "--allow-all", "--no-check", "--fail-fast", ...paths]
    : ["test", "--bail", ...paths.map((path) => `./${relative(copy, path)}`)];
  const child = spawn(findRuntime(runtime), command, {
    cwd: copy,
    stdio: ["ignore", "pipe", "pipe"],
    env: { ...process.env, LOOM_TEST_LIMIT_MS: String(TEST_LIMIT_MS) },
    // A process group of its own, so that the programs of a test are killed too.
    detached: true,
  });
  const kill = () => {
    try {
      process.kill(-child.pid!, "SIGKILL");
    } catch {
      // The group has ended.
    }
  };
  let output = "";
  for (const stream of [child.stdout, child.stderr]) {
    stream.setEncoding("utf8").on("data", (text: string) => {
      output = (output + text).slice(-OUTPUT_SHOWN);
    });
  }
  const timer = limitMs === Infinity ? undefined : setTimeout(kill, limitMs);
  const code = await new Promise<number | null>((resolve, reject) => {
    child.once("error", reject);
    child.once("exit", resolve);
  });
  clearTimeout(timer);
  kill();
  return code === 0 ? undefined : output;
}
