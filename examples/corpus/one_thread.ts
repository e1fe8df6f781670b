/**
 * The run for comparison: all work on the main thread.
 *
 * @module
 */

import { CorpusCounts, countFile } from "./count.ts";
import { type FoundFile, readAhead } from "./files.ts";

/** Reads and counts files; calls `counted` with the size of each file. */
export async function countOnOneThread(
  files: readonly FoundFile[],
  counted: (bytes: number) => void,
): Promise<CorpusCounts> {
  const counts = new CorpusCounts(files.length);
  let index = 0;
  for await (const { bytes, skipped } of readAhead(files)) {
    if (skipped === undefined) {
      counts.setDigest(index, countFile(bytes, counts.words));
      counts.addFile(bytes.length);
    } else counts.addSkipped(skipped);
    counted(files[index].bytes);
    index++;
  }
  return counts;
}
