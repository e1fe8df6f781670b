/**
 * The command line of the demo.
 *
 * @module
 */

import { fileURLToPath } from "node:url";
import { parseArgs } from "node:util";
import { LoomArgs } from "../../mod.ts";
import { positiveInteger } from "../positive_integer.ts";
import { MAX_FILE_BYTES } from "./files.ts";

/** The options of the command line. */
export interface Options {
  /** The folder with the files to count. */
  readonly folder: string;
  /** Maximum number of bytes to count. */
  readonly maxBytes: number;
  /** Number of measurements of each run. */
  readonly rounds: number;
  /** Number of compute workers, if given with `--threads`. */
  readonly threads: number | undefined;
  /** The flags of loom. */
  readonly loom: LoomArgs;
}

/** The project's own folder, with its installed dependencies. */
const DEFAULT_FOLDER = fileURLToPath(new URL("../..", import.meta.url));
const DEFAULT_MAX_MB = 64;
const DEFAULT_ROUNDS = 5;

/** The text of `--help`. */
export const HELP = `\
Counts the words of all text files in a folder and hashes the files, on one thread
and on loom.

Usage: corpus.ts [options] [folder]

  folder        default: the folder of the project, with its dependencies
  --threads N   number of compute workers, as with --loom-compute-threads N
  --max-mb N    count only the first N MB (default: ${DEFAULT_MAX_MB})
  --rounds N    measure each run N times (default: ${DEFAULT_ROUNDS})
  --help        show this text

Binary files, links, .git and files over ${
  MAX_FILE_BYTES / 2 ** 20
} MiB are skipped.

${LoomArgs.help()}`;

/** Parses the command line; undefined for `--help`. Throws if it is invalid. */
export function readOptions(argv: readonly string[]): Options | undefined {
  const loom = LoomArgs.parse(argv);
  const { values, positionals } = parseArgs({
    args: loom.rest,
    allowPositionals: true,
    options: {
      "threads": { type: "string" },
      "max-mb": { type: "string", default: `${DEFAULT_MAX_MB}` },
      "rounds": { type: "string", default: `${DEFAULT_ROUNDS}` },
      "help": { type: "boolean", short: "h" },
    },
  });
  if (values.help) return undefined;
  if (positionals.length > 1) {
    throw new Error(
      `Cannot read arguments: at most one folder is possible, got ${
        positionals.join(", ")
      }`,
    );
  }
  return {
    folder: positionals[0] ?? DEFAULT_FOLDER,
    maxBytes: 1e6 * positiveInteger("max-mb", values["max-mb"]),
    rounds: positiveInteger("rounds", values.rounds),
    threads: values.threads === undefined
      ? undefined
      : positiveInteger("threads", values.threads),
    loom,
  };
}
