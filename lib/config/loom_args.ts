/**
 * loom's command-line flags, separated from a program's own.
 *
 * @module
 */

import process from "node:process";
import { flagsHelp } from "./help.ts";
import { type Flags, readFlags } from "./flags.ts";
import type { Layer } from "./layer.ts";

/**
 * The flags that configure loom, separated from the other arguments of a command line.
 * {@linkcode LoomArgs.rest} holds those for the program's own parser.
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
   * Separates `--loom-…` and `--no-loom-…` flags before `--` from other arguments.
   *
   * This never throws: `LoomBuilder.build()` reports invalid flags together with the
   * problems of all other sources.
   *
   * @param argv The arguments after the script's name; defaults to those of the process.
   */
  static parse(argv: readonly string[] = process.argv.slice(2)): LoomArgs {
    return new LoomArgs(readFlags(argv));
  }

  /** Returns a description of loom's flags, to append to a program's own help text. */
  static help(): string {
    return flagsHelp();
  }

  /** The arguments that are not loom's, in order, including `--`. */
  get rest(): string[] {
    return [...this.#flags.rest];
  }

  /** The arguments that are loom's, in order, to pass them on to another program. */
  get flags(): string[] {
    return [...this.#flags.own];
  }

  /** The config files given with `--loom-config`, in order. */
  get configFiles(): string[] {
    return [...this.#flags.configFiles];
  }

  /**
   * The values and problems of the flags.
   *
   * @internal
   */
  get layer(): Layer {
    return this.#flags.layer;
  }
}
