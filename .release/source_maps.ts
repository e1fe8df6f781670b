/**
 * The source maps of the built package.
 *
 * @module
 */

import {
  decode,
  encode,
  type SourceMapSegment,
} from "@jridgewell/sourcemap-codec";
import { posix } from "node:path";

/**
 * Makes a map a third as large: it keeps where each line of the source begins, which is what
 * the frames of a stack need, and forgets the columns.
 *
 * @param json The map, whose sources are relative to its own folder.
 * @param folder That folder, relative to the root of the project.
 * @returns The map, whose sources are below `../src/`. The package does not have these files,
 *   but frames that name them are recognised as its own.
 */
export function keepLines(json: string, folder: string): string {
  const map = JSON.parse(json) as { mappings: string; sources: string[] };
  const sources = map.sources.map((source) =>
    posix.join("../src", posix.join(folder, source))
  );
  const mappings = decode(map.mappings).map((segments) =>
    segments.filter((segment, index) =>
      index === 0 || !isSameLine(segment, segments[index - 1])
    )
  );
  // Bun reads no map without this.
  const sourcesContent = sources.map(() => null);
  return JSON.stringify({
    ...map,
    sources,
    sourcesContent,
    mappings: encode(mappings),
  });
}

function isSameLine(a: SourceMapSegment, b: SourceMapSegment): boolean {
  return a[1] === b[1] && a[2] === b[2];
}
