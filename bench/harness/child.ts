/**
 * Measures one contender in a process of its own.
 *
 * @module
 */

import { execFileSync } from "node:child_process";
import process from "node:process";
import type { Figures } from "./benchmark.ts";
import { RUNTIME } from "./environment.ts";
import { parseEvents } from "./recorder.ts";

/** A process that takes longer is taken to hang. */
const LIMIT_MS = 180_000;

/** Reasons by the keys of figures. */
export type Failures = Readonly<Record<string, string>>;

/** One round of a contender. */
export interface Round {
  readonly figures: Figures;
  readonly failures: Failures;
  /** Why the process ended before the contender was measured, outside any figure. */
  readonly problem?: string;
}

/** How a process ended. */
interface End extends Round {
  /** The figures that were being measured at the end. */
  readonly unfinished: readonly string[];
}

/**
 * Measures each figure once. After a figure that hangs or ends the process, another
 * process measures the rest.
 *
 * @param failures Figures that failed in an earlier round and are not tried again.
 */
export function measureInChild(
  contender: string,
  args: readonly string[],
  failures: Failures,
): Round {
  let round: Round = { figures: {}, failures };
  for (;;) {
    const skipped = Object.keys({ ...round.figures, ...round.failures });
    const { figures, failures, problem, unfinished } = runChild([
      ...args,
      ...["--contender", contender],
      ...skipped.length === 0 ? [] : ["--skip", skipped.join()],
    ]);
    round = {
      figures: { ...round.figures, ...figures },
      failures: { ...round.failures, ...failures },
    };
    if (problem === undefined) return round;
    if (unfinished.length === 0) return { ...round, problem };
    const lost = Object.fromEntries(unfinished.map((key) => [key, problem]));
    round = { ...round, failures: { ...round.failures, ...lost } };
  }
}

function runChild(args: readonly string[]): End {
  const program = RUNTIME === "Deno"
    ? ["run", "--allow-all", "--quiet", process.argv[1]]
    : [process.argv[1]];
  try {
    const output = execFileSync(process.execPath, [...program, ...args], {
      encoding: "utf8",
      timeout: LIMIT_MS,
      killSignal: "SIGKILL",
      maxBuffer: 2 ** 26,
      stdio: ["ignore", "pipe", "pipe"],
    });
    return endOf(output, "ended before it was measured");
  } catch (error) {
    const { code, stderr = "", stdout = "" } = error as {
      code?: string;
      stderr?: string;
      stdout?: string;
    };
    const why = code === "ETIMEDOUT"
      ? `not done after ${LIMIT_MS / 1000} s`
      : errorLine(stderr);
    return endOf(stdout, why);
  }
}

function endOf(output: string, why: string): End {
  const events = parseEvents(output);
  const figures: Record<string, number> = {};
  const failures: Record<string, string> = {};
  for (const event of events) {
    if (event.kind === "measured") Object.assign(figures, event.figures);
    if (event.kind === "failed") {
      for (const key of event.keys) failures[key] = event.reason;
    }
  }
  const last = events.at(-1);
  if (last?.kind === "done") return { figures, failures, unfinished: [] };
  const unfinished = last?.kind === "started" ? last.keys : [];
  const problem = `does not run on ${RUNTIME}: ${why}`;
  return { figures, failures, problem, unfinished };
}

/** The line of an error output that says what went wrong. */
export function errorLine(stderr: string): string {
  // deno-lint-ignore no-control-regex
  const lines = stderr.replaceAll(/\x1b\[\d*m/g, "").split("\n");
  const line = lines.find((line) => /^\s*(\w*error\b|uncaught)/i.test(line)) ??
    lines[0] ?? "";
  return line.replace(/^(\s*(error:|uncaught|\(in promise\)))*/i, "").trim()
    .slice(0, 200);
}
