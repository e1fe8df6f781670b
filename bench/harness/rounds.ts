/**
 * Puts a question to its subjects: rounds of fresh processes, one subject after another in
 * each, so that whatever else the machine does meets all of them alike.
 *
 *     --rounds N     how many rounds (5)
 *     --ms N         how long to measure each figure, in milliseconds (400)
 *     --only A,B     these subjects only
 *     --save         keep the result in bench/results/
 *     --json FILE    write the result there
 *
 * @module
 */

import { execFileSync } from "node:child_process";
import process from "node:process";
import { parseArgs } from "node:util";
import { environment, RUNTIME } from "./environment.ts";
import type { Figures, Question, Subject } from "./benchmark.ts";
import { type Outcome, type Result, writeResult } from "./result.ts";
import { printTable } from "./table.ts";

/** A subject that takes longer is taken to hang. */
const LIMIT_MS = 180_000;
/** Stands before the figures on a line, since a subject may print lines of its own. */
const MARK = "figures: ";

/** Answers a question, as the program's arguments say. */
export async function ask(question: Question): Promise<void> {
  const { values: options } = parseArgs({
    options: {
      rounds: { type: "string", default: "5" },
      ms: { type: "string", default: "400" },
      only: { type: "string" },
      json: { type: "string" },
      save: { type: "boolean", default: false },
      subject: { type: "string" },
    },
  });
  const budget = { figureMs: positive(options.ms, "--ms") };
  if (options.subject !== undefined) {
    const subject = find(question, options.subject);
    console.log(MARK + JSON.stringify(await subject.measure(budget)));
    // What a rival leaves running does not matter any more.
    process.exit(0);
  }
  const only = options.only?.split(",");
  only?.forEach((name) => find(question, name));
  const result = runRounds(
    { ...question, subjects: chosen(question, only) },
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
  { subjects }: Question,
  only: readonly string[] | undefined,
): readonly Subject[] {
  return only === undefined
    ? subjects
    : subjects.filter(({ name }) => only.includes(name));
}

function find({ subjects }: Question, name: string): Subject {
  const subject = subjects.find((subject) => subject.name === name);
  if (subject === undefined) {
    const names = subjects.map(({ name }) => name).join(", ");
    throw new Error(`No such subject: ${name}. There are: ${names}`);
  }
  return subject;
}

function runRounds(
  question: Question,
  count: number,
  args: string[],
  only: string[] | undefined,
): Result {
  const started = environment();
  const outcomes: Record<string, Outcome> = {};
  const running: Subject[] = [];
  for (const subject of question.subjects) {
    const absent = subject.missing?.();
    outcomes[subject.name] = absent === undefined ? { rounds: {} } : { absent };
    if (absent === undefined) running.push(subject);
  }
  for (let round = 1; round <= count; round++) {
    for (const { name } of [...running]) {
      console.error(`${question.name}, round ${round} of ${count}: ${name}`);
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
    question: question.name,
    asks: question.asks,
    command: `${RUNTIME === "Deno" ? "deno task" : "bun run"} bench ${
      [
        question.name,
        "--rounds",
        count,
        ...args,
        ...only === undefined ? [] : ["--only", `"${only}"`],
      ].join(" ")
    }`,
    environment: started,
    figures: question.figures,
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
function measureInChild(subject: string, args: string[]): Figures | string {
  const own = RUNTIME === "Deno"
    ? ["run", "--allow-all", "--quiet", process.argv[1]]
    : [process.argv[1]];
  try {
    const output = execFileSync(
      process.execPath,
      [...own, ...args, "--subject", subject],
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
