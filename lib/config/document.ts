/**
 * What every file format is parsed to: the top-level keys with their places.
 *
 * @module
 */

import type { Position } from "./layer.ts";

/** One top-level key of a file. */
export interface DocumentEntry {
  readonly key: string;
  readonly value: unknown;
  readonly position?: Position;
}

/** A parsed file, or why it cannot be parsed. */
export type ParsedDocument =
  | { readonly entries: readonly DocumentEntry[] }
  | { readonly problem: string; readonly position?: Position };
