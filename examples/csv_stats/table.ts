/**
 * The counts of a block of records, and how to merge two of them.
 *
 * @module
 */

/** The counts of one column. */
export interface Column {
  /** Number of fields that are numbers, to which the next four refer. */
  numbers: number;
  min: number;
  max: number;
  mean: number;
  /** Sum of the squared distances from the mean. */
  squares: number;
  /** Number of empty fields. */
  empty: number;
  /** Number of all other fields. */
  text: number;
}

/** The counts of several records. */
export interface Table {
  readonly rows: number;
  readonly columns: readonly Column[];
}

/** A column without fields. */
export function emptyColumn(): Column {
  return {
    numbers: 0,
    min: Infinity,
    max: -Infinity,
    mean: 0,
    squares: 0,
    empty: 0,
    text: 0,
  };
}

/** Counts a field by Welford's method, which avoids differences of large squares. */
export function addField(column: Column, field: string): void {
  const text = field.trim();
  const number = Number(text);
  if (text === "") column.empty++;
  else if (!Number.isFinite(number)) column.text++;
  else {
    column.numbers++;
    column.min = Math.min(column.min, number);
    column.max = Math.max(column.max, number);
    const distance = number - column.mean;
    column.mean += distance / column.numbers;
    column.squares += distance * (number - column.mean);
  }
}

/** Merges two tables by the method of Chan et al. (1979). */
export function merge(a: Table, b: Table): Table {
  return {
    rows: a.rows + b.rows,
    columns: a.columns.map((column, i) => mergeColumns(column, b.columns[i])),
  };
}

function mergeColumns(a: Column, b: Column): Column {
  const numbers = a.numbers + b.numbers;
  const share = numbers === 0 ? 0 : b.numbers / numbers;
  const distance = b.mean - a.mean;
  return {
    numbers,
    min: Math.min(a.min, b.min),
    max: Math.max(a.max, b.max),
    mean: a.mean + distance * share,
    squares: a.squares + b.squares + distance ** 2 * a.numbers * share,
    empty: a.empty + b.empty,
    text: a.text + b.text,
  };
}
