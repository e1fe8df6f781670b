/**
 * The main program of a benchmark file.
 *
 *     --rounds N     how many rounds (5)
 *     --ms N         how long to measure each figure, in milliseconds (400)
 *     --only A,B     only these contenders
 *     --save         keep the result in bench/results/
 *     --folder DIR   keep it there instead
 *     --json FILE    write the result to FILE
 *     --loom-…       settings of the runtimes of loom
 *
 * Two more are for the processes that it starts itself: `--contender NAME` measures that
 * contender once, without the figures of `--skip A,B`.
 *
 * @module
 */

import { writeFileSync } from "node:fs";
import process from "node:process";
import { parseArgs } from "node:util";
import type { Benchmark, Contender } from "./benchmark.ts";
import { OWN_ARGS } from "./command_line.ts";
import { keepResult, resultsFolder } from "./kept_results.ts";
import { printEvent, Recorder } from "./recorder.ts";
import { measureRounds } from "./rounds.ts";
import { printTable } from "./table.ts";

/** Runs a benchmark as the program's arguments say. */
export async function runBenchmark(benchmark: Benchmark): Promise<void> {
  const { values: options } = parseArgs({
    args: OWN_ARGS,
    options: {
      rounds: { type: "string", default: "5" },
      ms: { type: "string", default: "400" },
      only: { type: "string" },
      json: { type: "string" },
      save: { type: "boolean", default: false },
      folder: { type: "string" },
      contender: { type: "string" },
      skip: { type: "string" },
    },
  });
  const figureMs = positive(options.ms, "--ms");
  if (options.contender !== undefined) {
    const contender = find(benchmark, options.contender);
    await contender.measure(
      new Recorder({ figureMs }, options.skip?.split(",")),
    );
    printEvent({ kind: "done" });
    // A contender may leave threads and timers behind.
    process.exit(0);
  }
  const only = options.only?.split(",");
  only?.forEach((name) => find(benchmark, name));
  const rounds = positive(options.rounds, "--rounds");
  const result = measureRounds(benchmark, { rounds, ms: options.ms, only });
  printTable(result);
  if (options.save || options.folder !== undefined) {
    keepResult(result, resultsFolder(options.folder));
  }
  if (options.json !== undefined) {
    writeFileSync(options.json, `${JSON.stringify(result, null, 2)}\n`);
  }
}

function positive(text: string, flag: string): number {
  const value = Number(text);
  if (!(value > 0)) {
    throw new Error(`Cannot use ${flag} "${text}": it is not a number above 0`);
  }
  return value;
}

function find({ contenders }: Benchmark, name: string): Contender {
  const contender = contenders.find((contender) => contender.name === name);
  if (contender === undefined) {
    const names = contenders.map(({ name }) => name).join(", ");
    throw new Error(`No such contender: ${name}. There are: ${names}`);
  }
  return contender;
}
