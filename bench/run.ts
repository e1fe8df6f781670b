/**
 * Runs benchmarks one after another, each in a process of its own.
 *
 *     deno task bench [benchmark ...] [option ...]
 *     bun run bench [benchmark ...] [option ...]
 *
 * Without names it runs all of them. `--help` lists them.
 *
 * @module
 */

import { spawnSync } from "node:child_process";
import process from "node:process";
import { parseArgs } from "node:util";
import { LoomArgs } from "../lib/config/loom_args.ts";
import { LOOM_FLAGS, OWN_ARGS } from "./harness/command_line.ts";
import { RUNTIME } from "./harness/environment.ts";
import { benchmarkPath, BENCHMARKS, loadBenchmark } from "./benchmarks.ts";

interface Options {
  readonly rounds?: string;
  readonly ms?: string;
  readonly only?: string;
  readonly json?: string;
  readonly save?: boolean;
  readonly folder?: string;
}

const USAGE = `Usage: bench [benchmark ...] [option ...]

  --rounds N     how many rounds (5)
  --ms N         how long to measure each figure, in milliseconds (400)
  --only A,B     only these contenders, such as loom,postMessage
  --save         keep the results in bench/results/
  --folder DIR   keep the results there instead
  --json FILE    write the result of one benchmark to FILE
  --loom-…       settings of the runtimes of loom; see below

Benchmarks; all of them when none is named:
`;

try {
  const { values, positionals: names } = parseArgs({
    args: OWN_ARGS,
    allowPositionals: true,
    options: {
      rounds: { type: "string" },
      ms: { type: "string" },
      only: { type: "string" },
      json: { type: "string" },
      save: { type: "boolean" },
      folder: { type: "string" },
      help: { type: "boolean", short: "h" },
    },
  });
  if (values.help) await printUsage();
  else await run(names.length > 0 ? names : BENCHMARKS, values);
} catch (error) {
  console.error((error as Error).message);
  process.exitCode = 1;
}

async function printUsage(): Promise<void> {
  console.log(USAGE);
  for (const name of BENCHMARKS) {
    const { title, contenders } = await loadBenchmark(name);
    console.log(`  ${name.padEnd(12)} ${title}`);
    const names = contenders.map((contender) => contender.name).join(", ");
    console.log(`${" ".repeat(15)}${names}`);
  }
  console.log(`\n${LoomArgs.help()}`);
}

async function run(
  names: readonly string[],
  options: Options,
): Promise<void> {
  names.forEach(benchmarkPath);
  if (options.json !== undefined && names.length > 1) {
    throw new Error(
      "Cannot write several results to one file: name one benchmark, or use --save",
    );
  }
  const contenders = await chooseContenders(names, options.only?.split(","));
  const failed = names.filter((name) => {
    const only = contenders?.get(name);
    if (only?.length === 0) {
      console.log(`\n${name}: left out, it does not measure ${options.only}`);
      return false;
    }
    return !measure(name, only, options);
  });
  if (failed.length > 0) {
    throw new Error(
      `\nCannot measure ${failed.join(", ")}: see the errors above`,
    );
  }
}

/** Maps each benchmark to those of the wanted contenders that it has; undefined is all. */
async function chooseContenders(
  names: readonly string[],
  only: readonly string[] | undefined,
): Promise<Map<string, readonly string[]> | undefined> {
  if (only === undefined) return undefined;
  const all = new Set<string>();
  const chosen = new Map<string, readonly string[]>();
  for (const name of names) {
    const contenders = (await loadBenchmark(name)).contenders.map((one) =>
      one.name
    );
    contenders.forEach((contender) => all.add(contender));
    chosen.set(
      name,
      only.filter((contender) => contenders.includes(contender)),
    );
  }
  for (const contender of only) {
    if (!all.has(contender)) {
      throw new Error(
        `No such contender: ${contender}. There are: ${[...all].join(", ")}`,
      );
    }
  }
  return chosen;
}

/** Runs a benchmark; returns whether it succeeded. */
function measure(
  name: string,
  only: readonly string[] | undefined,
  { rounds, ms, json, save, folder }: Options,
): boolean {
  const { status } = spawnSync(process.execPath, [
    ...RUNTIME === "Deno" ? ["run", "--allow-all", "--quiet"] : [],
    benchmarkPath(name),
    ...rounds === undefined ? [] : ["--rounds", rounds],
    ...ms === undefined ? [] : ["--ms", ms],
    ...only === undefined ? [] : ["--only", only.join()],
    ...json === undefined ? [] : ["--json", json],
    ...save === true ? ["--save"] : [],
    ...folder === undefined ? [] : ["--folder", folder],
    ...LOOM_FLAGS,
  ], { stdio: "inherit" });
  return status === 0;
}
