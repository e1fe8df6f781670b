/**
 * Reads the settings that the program makes through the builder.
 *
 * @module
 */

import { checkLayer, type Layer } from "./layer.ts";
import { codeName, type LoomConfig } from "./schema.ts";

/** Settings from code. A setting that is undefined counts as not given. */
export interface CodeOptions extends Partial<LoomConfig> {
  /** The loom-rs name of `asyncThreads`. */
  readonly tokioThreads?: number;
  /** The loom-rs name of `computeThreads`. */
  readonly rayonThreads?: number;
}

/** Checks settings from code. */
export function readCode(options: CodeOptions): Layer {
  const raw = Object.entries(options)
    .filter(([, value]) => value !== undefined)
    .map(([name, value]) => ({
      spelling: name,
      value,
      originName: `.${name}()`,
    }));
  return checkLayer({
    source: "code",
    action: "Cannot use settings from code",
    textual: false,
    noun: "setting",
    spell: codeName,
  }, raw);
}
