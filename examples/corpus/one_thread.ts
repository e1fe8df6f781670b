/**
 * The run that loom is compared with: everything on the main thread.
 *
 * @module
 */

import { CorpusCounts, countFile } from "./count.ts";
import { type FoundFile, readAhead } from "./files.ts";

/** Reads and counts; `counted` is called with the bytes of each file. */
export async function countOnOneThread(
  files: readonly FoundFile[],
  counted: (bytes: number) => void,
): Promise<CorpusCounts> {
  const counts = new CorpusCounts(files.length);
  let index = 0;
  for await (const { bytes, skipped } of readAhead(files)) {
    if (skipped === undefined) {
      counts.setDigest(index, countFile(bytes, counts.words));
      counts.noteFile(bytes.length);
    } else counts.noteSkipped(skipped);
    counted(files[index].bytes);
    index++;
  }
  return counts;
}
