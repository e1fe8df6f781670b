/**
 * Computes statistics of the columns of a CSV file of any size, in bounded memory:
 *
 *     deno run -A examples/csv_stats.ts [options] [file]
 *     bun examples/csv_stats.ts [options] [file]
 *
 * The event loop reads the file, splits it into blocks of whole records and merges the
 * results in order. The compute workers parse, which is most of the work, and count. Reading
 * pauses while the maximum number of blocks is in flight.
 *
 * @module
 */

import { createReadStream } from "node:fs";
import process from "node:process";
import { LoomBuilder } from "../mod.ts";
import { blocksOf } from "./csv_stats/blocks.ts";
import { countBlock } from "./csv_stats/count_block.ts";
import { InFlight } from "./csv_stats/in_flight.ts";
import { generateCsv } from "./csv_stats/generate.ts";
import { HELP, type Options, readOptions } from "./csv_stats/options.ts";
import { formatColumns, formatRun } from "./csv_stats/report.ts";
import { merge, type Table } from "./csv_stats/table.ts";

try {
  const options = readOptions(process.argv.slice(2));
  if (options === undefined) console.log(HELP);
  else await main(options);
} catch (error) {
  if (!(error instanceof Error)) throw error;
  console.error(error.message);
  process.exitCode = 1;
}

async function main(options: Options): Promise<void> {
  const { path, rows, blockBytes } = options;
  await using runtime = await new LoomBuilder().prefix("csv")
    .withCliArgs(options.loom).build();
  const limit = options.concurrency ?? 2 * runtime.computeThreads;

  const inFlight = new InFlight();
  let names: readonly string[] = [];
  let total: Table | undefined;
  const startMs = performance.now();
  // Open the file only now: a stream that fails without a reader would end the process.
  const chunks = rows === undefined
    ? createReadStream(path, { highWaterMark: blockBytes })
    : generateCsv(rows);
  const tables = runtime.computeMap(
    inFlight.track(blocksOf(chunks)),
    countBlock,
    { concurrency: limit },
  );
  for await (const table of tables) {
    if (table.names.length > 0) names = table.names;
    if (table.columns.length > 0) {
      checkWidth(table.columns.length, names.length, table.line);
      total = total === undefined ? table : merge(total, table);
    }
    inFlight.finishFirst();
  }
  const ms = performance.now() - startMs;

  if (total === undefined) throw new Error(`Cannot count ${path}: it is empty`);
  console.log(`${formatColumns(names, total)}\n`);
  console.log(formatRun(total.rows, { ...inFlight, ms, limit }));
}

/** Compares blocks; the parser compares only records of the same block. */
function checkWidth(found: number, expected: number, line: number): void {
  if (found === expected) return;
  throw new Error(
    `Cannot merge blocks: the block from line ${line} has ${found} columns, and the ` +
      `header has ${expected}`,
  );
}
