/**
 * The result of parsing any file format: the top-level keys with their positions.
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
