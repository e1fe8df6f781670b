/**
 * The command line of a benchmark: options of its own, and flags for the runtimes of loom.
 *
 * @module
 */

import { LoomArgs } from "../../lib/config/loom_args.ts";

/** For the builder of each runtime that is measured. */
export const LOOM_ARGS: LoomArgs = LoomArgs.parse();

/** The flags as they were given, for the programs that a benchmark starts. */
export const LOOM_FLAGS: readonly string[] = LOOM_ARGS.flags;

/** The other arguments. */
export const OWN_ARGS: string[] = LOOM_ARGS.rest;
