/**
 * Puts questions to loom and its rivals, one question after another, each in a process of
 * its own.
 *
 *     deno task bench [question ...] [option ...]
 *     bun run bench [question ...] [option ...]
 *
 * Without the name of a question: all of them. `--help` tells what each one asks.
 *
 * @module
 */

import { spawnSync } from "node:child_process";
import process from "node:process";
import { parseArgs } from "node:util";
import { RUNTIME } from "./harness/environment.ts";
import { loadQuestion, questionPath, QUESTIONS } from "./benchmarks.ts";

interface Options {
  readonly rounds?: string;
  readonly ms?: string;
  readonly only?: string;
  readonly json?: string;
  readonly save?: boolean;
}

const USAGE = `Usage: bench [question ...] [option ...]

  --rounds N     how many rounds (5)
  --ms N         how long to measure each figure, in milliseconds (400)
  --only A,B     these subjects only, such as loom,postMessage
  --save         keep the results in bench/results/
  --json FILE    write the result of one question there

Questions; without one, all:
`;

try {
  const { values, positionals: names } = parseArgs({
    allowPositionals: true,
    options: {
      rounds: { type: "string" },
      ms: { type: "string" },
      only: { type: "string" },
      json: { type: "string" },
      save: { type: "boolean" },
      help: { type: "boolean", short: "h" },
    },
  });
  if (values.help) await printUsage();
  else await run(names.length > 0 ? names : QUESTIONS, values);
} catch (error) {
  console.error((error as Error).message);
  process.exitCode = 1;
}

async function printUsage(): Promise<void> {
  console.log(USAGE);
  for (const name of QUESTIONS) {
    const { asks, subjects } = await loadQuestion(name);
    console.log(`  ${name.padEnd(12)} ${asks}`);
    const names = subjects.map((subject) => subject.name).join(", ");
    console.log(`${" ".repeat(15)}of ${names}`);
  }
}

async function run(
  names: readonly string[],
  options: Options,
): Promise<void> {
  names.forEach(questionPath);
  if (options.json !== undefined && names.length > 1) {
    throw new Error(
      "Cannot write several results to one file: name one question, or use --save",
    );
  }
  const subjects = await chooseSubjects(names, options.only?.split(","));
  const failed = names.filter((name) => {
    const only = subjects?.get(name);
    if (only?.length === 0) {
      console.log(`\n${name}: left out, not put to ${options.only}`);
      return false;
    }
    return !answer(name, only, options);
  });
  if (failed.length > 0) {
    throw new Error(`\nCannot answer: ${failed.join(", ")}. See above for why`);
  }
}

/** Of the subjects asked for, those that each question has; undefined is all. */
async function chooseSubjects(
  names: readonly string[],
  only: readonly string[] | undefined,
): Promise<Map<string, readonly string[]> | undefined> {
  if (only === undefined) return undefined;
  const all = new Set<string>();
  const chosen = new Map<string, readonly string[]>();
  for (const name of names) {
    const subjects = (await loadQuestion(name)).subjects.map((one) => one.name);
    subjects.forEach((subject) => all.add(subject));
    chosen.set(name, only.filter((subject) => subjects.includes(subject)));
  }
  for (const subject of only) {
    if (!all.has(subject)) {
      throw new Error(
        `No such subject: ${subject}. There are: ${[...all].join(", ")}`,
      );
    }
  }
  return chosen;
}

/** Whether the question could be answered. */
function answer(
  name: string,
  only: readonly string[] | undefined,
  { rounds, ms, json, save }: Options,
): boolean {
  const { status } = spawnSync(process.execPath, [
    ...RUNTIME === "Deno" ? ["run", "--allow-all", "--quiet"] : [],
    questionPath(name),
    ...rounds === undefined ? [] : ["--rounds", rounds],
    ...ms === undefined ? [] : ["--ms", ms],
    ...only === undefined ? [] : ["--only", only.join()],
    ...json === undefined ? [] : ["--json", json],
    ...save === true ? ["--save"] : [],
  ], { stdio: "inherit" });
  return status === 0;
}
