/**
 * The command line.
 *
 * @module
 */

import { fileURLToPath } from "node:url";
import { parseArgs } from "node:util";
import { LoomArgs } from "../../mod.ts";

/** What the command line asks for. */
export interface Options {
  /** The file to read. */
  readonly path: string;
  /** Make up so many rows instead. */
  readonly rows: number | undefined;
  /** Bytes that are read from the file at once. */
  readonly blockBytes: number;
  /** Largest number of blocks on their way; loom's default when not given. */
  readonly concurrency: number | undefined;
  /** What is for loom itself. */
  readonly loom: LoomArgs;
}

/** Files changed by the first commits of this project, from `git log --numstat`. */
const DEFAULT_PATH = fileURLToPath(
  new URL("../data/history.csv", import.meta.url),
);
const DEFAULT_BLOCK_KIB = 64;

/** Text for `--help`. */
export const HELP = `\
Counts, for each column of a CSV file: numbers, their range, mean and variance.

Usage: csv_stats.ts [options] [file]

  file             default: examples/data/history.csv
  --rows N         make up N rows instead of reading a file
  --block-kib N    read N KiB at once (default: ${DEFAULT_BLOCK_KIB})
  --concurrency N  blocks that are on their way at most
  --help           show this text

${LoomArgs.help()}`;

/** Reads the command line; undefined when it asks for help. Throws for a wrong one. */
export function readOptions(argv: readonly string[]): Options | undefined {
  const loom = LoomArgs.parse(argv);
  const { values, positionals } = parseArgs({
    args: loom.rest,
    allowPositionals: true,
    options: {
      "rows": { type: "string" },
      "block-kib": { type: "string" },
      "concurrency": { type: "string" },
      "help": { type: "boolean", short: "h" },
    },
  });
  if (values.help) return undefined;
  const blockKib = positive("block-kib", values["block-kib"]);
  return {
    path: positionals[0] ?? DEFAULT_PATH,
    rows: positive("rows", values.rows),
    blockBytes: 1024 * (blockKib ?? DEFAULT_BLOCK_KIB),
    concurrency: positive("concurrency", values.concurrency),
    loom,
  };
}

function positive(name: string, text: string | undefined): number | undefined {
  if (text === undefined) return undefined;
  if (/^[1-9]\d*$/.test(text)) return Number(text);
  throw new Error(
    `Cannot read --${name}: it must be a positive integer, got ${text}`,
  );
}
