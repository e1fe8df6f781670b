/**
 * The demo's command line.
 *
 * @module
 */

import { fileURLToPath } from "node:url";
import { parseArgs } from "node:util";
import { LoomArgs } from "../../mod.ts";
import { MAX_FILE_BYTES } from "./files.ts";

/** What the command line asks for. */
export interface Options {
  /** The folder whose files are counted. */
  readonly folder: string;
  /** No more than the first so many bytes are counted. */
  readonly maxBytes: number;
  /** How often each of the two runs is measured. */
  readonly rounds: number;
  /** Compute workers, when the short form says so. */
  readonly threads: number | undefined;
  /** What is for loom itself. */
  readonly loom: LoomArgs;
}

/** The project's own folder, with its installed dependencies. */
const DEFAULT_FOLDER = fileURLToPath(new URL("../..", import.meta.url));
const DEFAULT_MAX_MB = 64;
const DEFAULT_ROUNDS = 5;

/** Text for `--help`. */
export const HELP = `\
Counts and hashes the words of all text files in a folder, on one thread and on loom.

Usage: corpus.ts [options] [folder]

  folder        default: the project's own, with its installed dependencies
  --threads N   compute workers; the same as --loom-compute-threads N
  --max-mb N    count no more than the first N MB (default: ${DEFAULT_MAX_MB})
  --rounds N    measure each run N times (default: ${DEFAULT_ROUNDS})
  --help        show this text

Binary files, links, .git and files over ${
  MAX_FILE_BYTES / 2 ** 20
} MiB are skipped.

${LoomArgs.help()}`;

/** Reads the command line; undefined when it asks for help. Throws for a wrong one. */
export function readOptions(argv: readonly string[]): Options | undefined {
  const loom = LoomArgs.parse(argv);
  const { values, positionals } = parseArgs({
    args: loom.rest,
    allowPositionals: true,
    options: {
      "threads": { type: "string" },
      "max-mb": { type: "string" },
      "rounds": { type: "string" },
      "help": { type: "boolean", short: "h" },
    },
  });
  if (values.help) return undefined;
  if (positionals.length > 1) {
    throw new Error(
      `Cannot read arguments: one folder at most, got ${
        positionals.join(", ")
      }`,
    );
  }
  return {
    folder: positionals[0] ?? DEFAULT_FOLDER,
    maxBytes: 1e6 * positive("max-mb", values["max-mb"], DEFAULT_MAX_MB),
    rounds: positive("rounds", values.rounds, DEFAULT_ROUNDS),
    threads: values.threads === undefined
      ? undefined
      : positive("threads", values.threads, 1),
    loom,
  };
}

function positive(
  name: string,
  text: string | undefined,
  otherwise: number,
): number {
  if (text === undefined) return otherwise;
  if (/^[1-9]\d*$/.test(text)) return Number(text);
  throw new Error(
    `Cannot read --${name}: it must be a positive integer, got ${text}`,
  );
}
