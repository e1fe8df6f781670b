/**
 * loom's command-line flags beside a program's own.
 *
 * @module
 */

import process from "node:process";
import { flagsHelp } from "./help.ts";
import { type Flags, readFlags } from "./flags.ts";
import type { Layer } from "./layer.ts";

/**
 * The flags that configure loom, taken out of a command line. The rest goes
 * untouched to the program's own parser.
 *
 * @example Usage
 * ```ts
 * import { LoomArgs } from "@loom/runtime";
 *
 * const args = LoomArgs.parse(["--loom-cpuset", "0-3", "--verbose", "input.txt"]);
 * args.rest; // ["--verbose", "input.txt"]
 * ```
 */
export class LoomArgs {
  readonly #flags: Flags;

  private constructor(flags: Flags) {
    this.#flags = flags;
  }

  /**
   * Takes `--loom-…` and `--no-loom-…` out of a command line, up to `--`.
   *
   * Wrong flags are reported when the runtime is built, together with the
   * problems of all other sources.
   *
   * @param argv The arguments after the script's name; the process's own if left out.
   */
  static parse(argv: readonly string[] = process.argv.slice(2)): LoomArgs {
    return new LoomArgs(readFlags(argv));
  }

  /** Describes loom's flags in aligned lines, to append to a program's own help. */
  static help(): string {
    return flagsHelp();
  }

  /** The arguments that are not loom's, in their order, `--` included. */
  get rest(): string[] {
    return [...this.#flags.rest];
  }

  /** The config files that `--loom-config` named, in their order. */
  get configFiles(): string[] {
    return [...this.#flags.configFiles];
  }

  /**
   * What the flags set, and what is wrong with them.
   *
   * @internal
   */
  get layer(): Layer {
    return this.#flags.layer;
  }
}
