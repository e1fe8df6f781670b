/**
 * The command line of the CSV example.
 *
 * @module
 */

import { fileURLToPath } from "node:url";
import { parseArgs } from "node:util";
import { LoomArgs } from "../../mod.ts";
import { positiveInteger } from "../positive_integer.ts";

/** The options of the command line. */
export interface Options {
  /** The file to read. */
  readonly path: string;
  /** Number of rows to generate instead of reading a file. */
  readonly rows: number | undefined;
  /** Number of bytes per read. */
  readonly blockBytes: number;
  /** Maximum number of blocks in flight; undefined means loom's default. */
  readonly concurrency: number | undefined;
  /** The flags of loom. */
  readonly loom: LoomArgs;
}

/** Changes per file in the first commits of this project, from `git log --numstat`. */
const DEFAULT_PATH = fileURLToPath(
  new URL("../data/history.csv", import.meta.url),
);
const DEFAULT_BLOCK_KIB = 64;

/** The text of `--help`. */
export const HELP = `\
Computes the count, range, mean and variance of the numbers in each column of a CSV file.

Usage: csv_stats.ts [options] [file]

  file             default: examples/data/history.csv
  --rows N         generate N rows instead of reading a file
  --block-kib N    read blocks of N KiB (default: ${DEFAULT_BLOCK_KIB})
  --concurrency N  maximum number of blocks in flight
  --help           show this text

${LoomArgs.help()}`;

/** Parses the command line; undefined for `--help`. Throws if it is invalid. */
export function readOptions(argv: readonly string[]): Options | undefined {
  const loom = LoomArgs.parse(argv);
  const { values, positionals } = parseArgs({
    args: loom.rest,
    allowPositionals: true,
    options: {
      "rows": { type: "string" },
      "block-kib": { type: "string", default: `${DEFAULT_BLOCK_KIB}` },
      "concurrency": { type: "string" },
      "help": { type: "boolean", short: "h" },
    },
  });
  if (values.help) return undefined;
  return {
    path: positionals[0] ?? DEFAULT_PATH,
    rows: optional("rows", values.rows),
    blockBytes: 1024 * positiveInteger("block-kib", values["block-kib"]),
    concurrency: optional("concurrency", values.concurrency),
    loom,
  };
}

function optional(name: string, text: string | undefined): number | undefined {
  return text === undefined ? undefined : positiveInteger(name, text);
}
