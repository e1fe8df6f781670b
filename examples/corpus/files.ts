/**
 * Finds the files to count, and reads them.
 *
 * @module
 */

import { lstat, readdir, readFile } from "node:fs/promises";
import { join } from "node:path";

/** Larger files are skipped: few of those were written by people. */
export const MAX_FILE_BYTES = 2 ** 20;

/** A packed store, where there is nothing to read. */
const SKIPPED_FOLDERS: readonly string[] = [".git"];

/** So many files are being read at once. */
const READS_IN_FLIGHT = 32;

/** git's own rule: a file with a zero byte near its beginning is binary. */
const BINARY_PROBE_BYTES = 8_000;

/** A file as it was found. */
export interface FoundFile {
  readonly path: string;
  readonly bytes: number;
}

/** What a walk has found. */
export interface Corpus {
  /** In order of their paths. */
  readonly files: readonly FoundFile[];
  /** What they take together. */
  readonly bytes: number;
  /** How many were skipped, by reason. */
  readonly skipped: ReadonlyMap<string, number>;
  /** Whether there was more than was asked for. */
  readonly cut: boolean;
}

/**
 * Walks `folder`, without following links, until `maxBytes` are found. Rejects when
 * `folder` itself cannot be read.
 */
export async function findFiles(
  folder: string,
  maxBytes: number,
): Promise<Corpus> {
  const files: FoundFile[] = [];
  const skipped = new Map<string, number>();
  let bytes = 0;
  let cut = false;
  const skip = (reason: string) =>
    skipped.set(reason, (skipped.get(reason) ?? 0) + 1);

  const visit = async (folder: string): Promise<void> => {
    const entries = await readdir(folder, { withFileTypes: true });
    // The same order on every machine, so that "the first N MB" are the same.
    entries.sort((a, b) => a.name < b.name ? -1 : 1);
    for (const entry of entries) {
      if (cut) return;
      const path = join(folder, entry.name);
      if (entry.isDirectory()) {
        if (SKIPPED_FOLDERS.includes(entry.name)) continue;
        await visit(path).catch(() => skip("unreadable folder"));
      } else if (entry.isSymbolicLink()) skip("link");
      else if (!entry.isFile()) skip("special file");
      else await add(path);
    }
  };
  const add = async (path: string): Promise<void> => {
    const size = await lstat(path).then((found) => found.size, () => undefined);
    if (size === undefined) skip("unreadable");
    else if (size > MAX_FILE_BYTES) skip("over 1 MiB");
    else if (bytes + size > maxBytes) cut = true;
    else {
      files.push({ path, bytes: size });
      bytes += size;
    }
  };

  try {
    await visit(folder);
  } catch (error) {
    throw new Error(
      `Cannot read folder ${folder}: ${(error as Error).message}`,
      { cause: error },
    );
  }
  return { files, bytes, skipped, cut };
}

/** What a file holds, or why it is not counted. */
export type Content =
  | { readonly bytes: Uint8Array; readonly skipped?: undefined }
  | { readonly bytes?: undefined; readonly skipped: string };

/** Reads files, many at once, and yields them in order. */
export async function* readAhead(
  files: readonly FoundFile[],
): AsyncGenerator<Content, void, void> {
  const reading: Promise<Content>[] = [];
  for (const file of files) {
    if (reading.length === READS_IN_FLIGHT) yield await reading.shift()!;
    reading.push(read(file));
  }
  for (const content of reading) yield await content;
}

async function read({ path }: FoundFile): Promise<Content> {
  let bytes: Uint8Array;
  try {
    bytes = await readFile(path);
  } catch {
    return { skipped: "unreadable" };
  }
  // It may have grown since it was found.
  if (bytes.length > MAX_FILE_BYTES) return { skipped: "over 1 MiB" };
  if (bytes.subarray(0, BINARY_PROBE_BYTES).includes(0)) {
    return { skipped: "binary" };
  }
  return { bytes };
}
