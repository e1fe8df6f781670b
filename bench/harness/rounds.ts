/**
 * Puts a benchmark to its contenders: rounds of fresh processes, one contender after another in
 * each, so that whatever else the machine does meets all of them alike.
 *
 *     --rounds N     how many rounds (5)
 *     --ms N         how long to measure each figure, in milliseconds (400)
 *     --only A,B     these contenders only
 *     --save         keep the result in bench/results/
 *     --json FILE    write the result there
 *
 * @module
 */

import { execFileSync } from "node:child_process";
import process from "node:process";
import { parseArgs } from "node:util";
import { environment, RUNTIME } from "./environment.ts";
import type { Benchmark, Contender, Figures } from "./benchmark.ts";
import { type Outcome, type Result, writeResult } from "./result.ts";
import { printTable } from "./table.ts";

/** A contender that takes longer is taken to hang. */
const LIMIT_MS = 180_000;
/** Stands before the figures on a line, since a contender may print lines of its own. */
const MARK = "figures: ";

/** Answers a benchmark, as the program's arguments say. */
export async function runBenchmark(benchmark: Benchmark): Promise<void> {
  const { values: options } = parseArgs({
    options: {
      rounds: { type: "string", default: "5" },
      ms: { type: "string", default: "400" },
      only: { type: "string" },
      json: { type: "string" },
      save: { type: "boolean", default: false },
      contender: { type: "string" },
    },
  });
  const budget = { figureMs: positive(options.ms, "--ms") };
  if (options.contender !== undefined) {
    const contender = find(benchmark, options.contender);
    console.log(MARK + JSON.stringify(await contender.measure(budget)));
    // What a contender leaves running does not matter any more.
    process.exit(0);
  }
  const only = options.only?.split(",");
  only?.forEach((name) => find(benchmark, name));
  const result = runRounds(
    { ...benchmark, contenders: chosen(benchmark, only) },
    positive(options.rounds, "--rounds"),
    ["--ms", options.ms],
    only,
  );
  printTable(result);
  if (options.save || options.json !== undefined) {
    writeResult(result, options.json);
  }
}

function positive(text: string, flag: string): number {
  const value = Number(text);
  if (!(value > 0)) {
    throw new Error(`Cannot use ${flag}: must be a number above 0: ${text}`);
  }
  return value;
}

function chosen(
  { contenders }: Benchmark,
  only: readonly string[] | undefined,
): readonly Contender[] {
  return only === undefined
    ? contenders
    : contenders.filter(({ name }) => only.includes(name));
}

function find({ contenders }: Benchmark, name: string): Contender {
  const contender = contenders.find((contender) => contender.name === name);
  if (contender === undefined) {
    const names = contenders.map(({ name }) => name).join(", ");
    throw new Error(`No such contender: ${name}. There are: ${names}`);
  }
  return contender;
}

function runRounds(
  benchmark: Benchmark,
  count: number,
  args: string[],
  only: string[] | undefined,
): Result {
  const started = environment();
  const outcomes: Record<string, Outcome> = {};
  const running: Contender[] = [];
  for (const contender of benchmark.contenders) {
    const absent = contender.missing?.();
    outcomes[contender.name] = absent === undefined
      ? { rounds: {} }
      : { absent };
    if (absent === undefined) running.push(contender);
  }
  for (let round = 1; round <= count; round++) {
    for (const { name } of [...running]) {
      console.error(`${benchmark.name}, round ${round} of ${count}: ${name}`);
      const figures = measureInChild(name, args);
      if (typeof figures === "string") {
        outcomes[name] = { absent: figures };
        running.splice(running.findIndex((one) => one.name === name), 1);
      } else {
        outcomes[name] = addRound(outcomes[name], figures);
      }
    }
  }
  return {
    benchmark: benchmark.name,
    title: benchmark.title,
    command: `${RUNTIME === "Deno" ? "deno task" : "bun run"} bench ${
      [
        benchmark.name,
        "--rounds",
        count,
        ...args,
        ...only === undefined ? [] : ["--only", `"${only}"`],
      ].join(" ")
    }`,
    environment: started,
    figures: benchmark.figures,
    outcomes,
  };
}

function addRound(outcome: Outcome, figures: Figures): Outcome {
  const rounds: Record<string, readonly number[]> = "rounds" in outcome
    ? { ...outcome.rounds }
    : {};
  for (const [key, value] of Object.entries(figures)) {
    rounds[key] = [...rounds[key] ?? [], value];
  }
  return { rounds };
}

/** The figures, or why there are none. */
function measureInChild(contender: string, args: string[]): Figures | string {
  const own = RUNTIME === "Deno"
    ? ["run", "--allow-all", "--quiet", process.argv[1]]
    : [process.argv[1]];
  try {
    const output = execFileSync(
      process.execPath,
      [...own, ...args, "--contender", contender],
      {
        encoding: "utf8",
        timeout: LIMIT_MS,
        killSignal: "SIGKILL",
        maxBuffer: 2 ** 26,
        stdio: ["ignore", "pipe", "pipe"],
      },
    );
    const line = output.split("\n").findLast((line) => line.startsWith(MARK));
    if (line !== undefined) return JSON.parse(line.slice(MARK.length));
    return `does not run on ${RUNTIME}: ended before it was measured`;
  } catch (error) {
    const { code, stderr = "" } = error as { code?: string; stderr?: string };
    if (code === "ETIMEDOUT") {
      return `does not run on ${RUNTIME}: not done after ${LIMIT_MS / 1000} s`;
    }
    return `does not run on ${RUNTIME}: ${errorLine(stderr)}`;
  }
}

function errorLine(stderr: string): string {
  // deno-lint-ignore no-control-regex
  const lines = stderr.replaceAll(/\x1b\[\d*m/g, "").split("\n");
  const line = lines.find((line) => /^\s*(\w*error\b|uncaught)/i.test(line)) ??
    lines[0] ?? "";
  return line.replace(/^(\s*(error:|uncaught|\(in promise\)))*/i, "").trim()
    .slice(0, 200);
}
