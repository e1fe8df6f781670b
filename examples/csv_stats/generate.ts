/**
 * Generates CSV of any length.
 *
 * @module
 */

const ROWS_AT_ONCE = 4_096;

/** Yields a header and `rows` records, some with line feeds, quotes and commas in a field. */
export function* generateCsv(rows: number): Generator<Uint8Array> {
  const encoder = new TextEncoder();
  yield encoder.encode("row,celsius,note\n");
  for (let first = 0; first < rows; first += ROWS_AT_ONCE) {
    let text = "";
    const end = Math.min(rows, first + ROWS_AT_ONCE);
    for (let row = first; row < end; row++) text += rowText(row);
    yield encoder.encode(text);
  }
}

/** A row with a sine of 365 rows as its number; every 11th number is missing. */
function rowText(row: number): string {
  const celsius = row % 11 === 10
    ? ""
    : (9 + 12 * Math.sin(row / 365 * 2 * Math.PI)).toFixed(1);
  const note = row % 7 === 0 ? `"dry, ""windy""\nfrom ${row}"` : "none";
  return `${row},${celsius},${note}\n`;
}
