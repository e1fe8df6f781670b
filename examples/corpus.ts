/**
 * Counts the words of all text files in a folder and hashes the files, on one thread and on
 * loom, and shows the threads, the words and the times:
 *
 *     deno run -A examples/corpus.ts [options] [folder]
 *     bun examples/corpus.ts [options] [folder]
 *
 * The event loop reads many files concurrently into shared memory and merges the results;
 * the compute workers count. When all of them have enough work, the event loop counts a file
 * itself instead of waiting. `--help` lists the options.
 *
 * @module
 */

import process from "node:process";
import {
  InsufficientCpusError,
  LoomBuilder,
  LoomError,
  type LoomRuntime,
} from "../mod.ts";
import type { CorpusCounts } from "./corpus/count.ts";
import { type Corpus, findFiles } from "./corpus/files.ts";
import { LoomCounter } from "./corpus/on_loom.ts";
import { countOnOneThread } from "./corpus/one_thread.ts";
import { HELP, type Options, readOptions } from "./corpus/options.ts";
import {
  formatCorpus,
  formatSkipped,
  formatThreads,
  formatTimes,
  formatWords,
  showProgress,
} from "./corpus/report.ts";

try {
  const options = readOptions(process.argv.slice(2));
  if (options === undefined) console.log(HELP);
  else process.exitCode = await main(options);
} catch (error) {
  if (!(error instanceof Error)) throw error;
  console.error(error instanceof LoomError ? explain(error) : error.message);
  process.exitCode = 1;
}

async function main(options: Options): Promise<number> {
  const { folder, maxBytes } = options;
  const corpus = await findFiles(folder, maxBytes);
  console.log(formatCorpus(folder, corpus, maxBytes));
  if (corpus.files.length === 0) {
    console.log(`${formatSkipped(corpus.skipped)}\nNothing to count`);
    return 0;
  }
  await using runtime = await build(options);
  const { counts, oneMs, loomMs, difference } = await measure(
    runtime,
    corpus,
    options.rounds,
  );
  console.log(formatSkipped(corpus.skipped, counts.skipped));
  console.log(`\n${formatThreads(runtime)}\n\n${formatWords(counts)}\n`);
  const workers = runtime.computeThreads;
  const loomLabel = `loom, ${workers} compute worker${
    workers === 1 ? "" : "s"
  }`;
  console.log(formatTimes(
    counts,
    { label: "one thread", ms: oneMs },
    { label: loomLabel, ms: loomMs },
  ));
  if (workers === 1) {
    console.log(
      "With one compute worker, the event loop reads, merges and, when the worker has " +
        "enough work, also counts: at most two threads work",
    );
  }
  if (difference !== undefined) {
    console.log(
      `The runs DIFFER in ${difference}: did a file change during the run?`,
    );
    return 1;
  }
  console.log(
    `All runs gave the same counts and hash ${counts.combinedHash()}`,
  );
  return 0;
}

function build(options: Options): Promise<LoomRuntime> {
  const builder = new LoomBuilder().prefix("corpus").withCliArgs(options.loom);
  if (options.threads !== undefined) builder.computeThreads(options.threads);
  return builder.build();
}

interface Measured {
  readonly counts: CorpusCounts;
  readonly oneMs: number[];
  readonly loomMs: number[];
  /** How the runs differ; undefined if they do not. */
  readonly difference: string | undefined;
}

/**
 * Measures both runs alternately, after a warm-up of each that fills the file cache and
 * compiles the code on all threads.
 */
async function measure(
  runtime: LoomRuntime,
  { files, bytes }: Corpus,
  rounds: number,
): Promise<Measured> {
  const loom = new LoomCounter(runtime, bytes);
  const progress = showProgress(2 * (rounds + 1) * bytes);
  const oneMs: number[] = [];
  const loomMs: number[] = [];
  let first: CorpusCounts | undefined;
  let difference: string | undefined;
  const run = async (
    times: number[],
    count: () => Promise<CorpusCounts>,
  ): Promise<void> => {
    const startMs = performance.now();
    const counts = await count();
    times.push(performance.now() - startMs);
    first ??= counts;
    difference ??= first.differenceFrom(counts, files);
  };
  try {
    for (let round = 0; round <= rounds; round++) {
      const name = round === 0 ? "warming up" : `round ${round} of ${rounds}`;
      progress.phase(`${name}, one thread`);
      await run(oneMs, () => countOnOneThread(files, progress.add));
      progress.phase(`${name}, loom`);
      await run(loomMs, () => loom.count(files, progress.add));
    }
  } finally {
    progress.stop();
  }
  return {
    counts: first!,
    oneMs: oneMs.slice(1),
    loomMs: loomMs.slice(1),
    difference,
  };
}

function explain(error: LoomError): string {
  return error instanceof InsufficientCpusError
    ? `${error.message} (on the command line: --no-loom-pin-threads)`
    : error.message;
}
