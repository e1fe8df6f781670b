/**
 * Text that takes a known number of columns of a terminal.
 *
 * @module
 */

/** Characters that take no column. */
const ZERO = /^[\p{Mn}\p{Me}\p{Cf}]+$/u;
/** Characters that take two: East Asian ones and pictures. */
const WIDE =
  /[\u1100-\u115f\u2e80-\u303e\u3041-\ua4cf\ua960-\ua97c\uac00-\ud7a3\uf900-\ufaff\ufe30-\ufe6f\uff00-\uff60\uffe0-\uffe6\u{20000}-\u{3fffd}]|\p{Emoji_Presentation}|\ufe0f/u;

const segmenter = new Intl.Segmenter("en", { granularity: "grapheme" });

function widthOf(grapheme: string): number {
  return ZERO.test(grapheme) ? 0 : WIDE.test(grapheme) ? 2 : 1;
}

/** How many columns a text takes. */
export function columnsOf(text: string): number {
  let columns = 0;
  for (const { segment } of segmenter.segment(text)) {
    columns += widthOf(segment);
  }
  return columns;
}

/** The text on one line, cut with a mark if it takes more columns. */
export function fitLeft(text: string, columns: number): string {
  // A name comes from another program, and must not control the terminal.
  const clean = text.replace(/[\p{Cc}\u2028\u2029]/gu, "?");
  if (columnsOf(clean) <= columns) return clean;
  let cut = "";
  let used = 0;
  for (const { segment } of segmenter.segment(clean)) {
    used += widthOf(segment);
    if (used >= columns) break;
    cut += segment;
  }
  return `${cut}…`;
}

/** The same, filled with spaces. */
export function fit(text: string, columns: number): string {
  const line = fitLeft(text, columns);
  return line + " ".repeat(Math.max(0, columns - columnsOf(line)));
}
