/**
 * Finds and reads the files to count.
 *
 * @module
 */

import { lstat, readdir, readFile } from "node:fs/promises";
import { join } from "node:path";

/** Larger files are skipped, since few of them are written by people. */
export const MAX_FILE_BYTES = 2 ** 20;

/** Folders with packed data. */
const SKIPPED_FOLDERS: readonly string[] = [".git"];

/** Number of files that are read concurrently. */
const READS_IN_FLIGHT = 32;

/** As in git, a file with a zero byte among its first bytes is binary. */
const BINARY_PROBE_BYTES = 8_000;

/** A file and its size. */
export interface FoundFile {
  readonly path: string;
  readonly bytes: number;
}

/** The files to count. */
export interface Corpus {
  /** Files, ordered by path. */
  readonly files: readonly FoundFile[];
  /** Their total size. */
  readonly bytes: number;
  /** Number of files skipped, by reason. */
  readonly skipped: ReadonlyMap<string, number>;
  /** Whether the limit was reached. */
  readonly cut: boolean;
}

/**
 * Walks `folder`, without following links, until `maxBytes` are found. Rejects if `folder`
 * cannot be read.
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
    // Sorted, so that "the first N MB" are the same on every machine.
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

/** The content of a file, or why it is skipped. */
export type Content =
  | { readonly bytes: Uint8Array; readonly skipped?: undefined }
  | { readonly bytes?: undefined; readonly skipped: string };

/** Reads files concurrently and yields them in order. */
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
