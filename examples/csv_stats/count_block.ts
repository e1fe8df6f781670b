/**
 * The task of the compute workers: parses a block and counts its columns.
 *
 * @module
 */

import { parse } from "csv-parse/sync";
import { task } from "../../mod.ts";
import type { Block } from "./blocks.ts";
import { addField, type Column, emptyColumn, type Table } from "./table.ts";

/** The counts of one block. */
export interface BlockTable extends Table {
  /** The line of the file where the block starts. */
  readonly line: number;
  /** The names of the columns from the first record; empty for later blocks. */
  readonly names: readonly string[];
}

/** A module task, since it uses an import. */
export const countBlock = task(
  import.meta.url,
  function countBlock({ bytes, line }: Block): BlockTable {
    let names: string[] | undefined = line === 1 ? undefined : [];
    let columns: Column[] | undefined;
    let rows = 0;
    const count = (record: string[]): null => {
      columns ??= record.map(emptyColumn);
      if (names === undefined) names = record;
      else {
        rows++;
        record.forEach((field, i) => addField(columns![i], field));
      }
      return null; // do not keep the record
    };
    try {
      parse(bytes, { bom: true, skip_empty_lines: true, on_record: count });
    } catch (error) {
      throw withLineOfFile(error as Error, line);
    }
    return { line, names: names ?? [], rows, columns: columns ?? [] };
  },
);

/** Corrects the line number, which the parser counts from the start of the block. */
function withLineOfFile(error: Error, first: number): Error {
  return new Error(
    error.message.replace(
      /\bline (\d+)/,
      (_, line) => `line ${Number(line) + first - 1}`,
    ),
  );
}
