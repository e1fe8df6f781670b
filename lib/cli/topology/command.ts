/**
 * `loom topology`: turns options into text, data and a picture.
 *
 * @module
 */

import { writeFileSync } from "node:fs";
import type { HwlocSource } from "../../../ffi/hwloc.ts";
import type { ResolvedConfig } from "../../config/merge.ts";
import { InvalidConfigError } from "../../errors.ts";
import { survey } from "./survey.ts";
import { drawSvg } from "../../drawing/svg.ts";
import { drawText } from "../../drawing/text.ts";

/** The command's own options. */
export interface TopologyOptions {
  /** An hwloc XML file to plan for. */
  readonly xml?: string;
  /** A synthetic description to plan for. */
  readonly synthetic?: string;
  /** Where to write a picture. */
  readonly svg?: string;
}

/** The output of the command. */
export interface TopologyOutput {
  /** For people. */
  readonly text: string;
  /** For programs. */
  readonly data: unknown;
}

/** Surveys a machine, draws it as text, and writes a picture if requested. */
export function runTopology(
  resolved: ResolvedConfig,
  options: TopologyOptions,
): TopologyOutput {
  const result = survey(resolved, sourceOf(options));
  if (options.svg !== undefined) writePicture(options.svg, drawSvg(result));
  return { text: drawText(result), data: result };
}

function sourceOf(
  { xml, synthetic }: TopologyOptions,
): HwlocSource | undefined {
  if (xml !== undefined && synthetic !== undefined) {
    throw new InvalidConfigError(
      "Cannot plan for two machines: --xml and --synthetic are both given; use one of them",
    );
  }
  if (xml !== undefined) return { from: "xml file", path: xml };
  if (synthetic === undefined) return undefined;
  return { from: "synthetic", description: synthetic };
}

function writePicture(path: string, picture: string): void {
  try {
    writeFileSync(path, picture);
  } catch (error) {
    const state = error instanceof Error ? error.message : String(error);
    throw new InvalidConfigError(`Cannot write picture "${path}": ${state}`);
  }
}
