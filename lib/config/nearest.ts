/**
 * Suggests a name for a misspelt one.
 *
 * @module
 */

/** Longer names are not compared: they are not misspellings of a setting. */
const MAX_NAME_CHARACTERS = 64;

/**
 * Returns the candidate with the smallest edit distance to `name`, or undefined if it
 * differs in more than a third of its characters.
 */
export function nearestName(
  name: string,
  candidates: Iterable<string>,
): string | undefined {
  if (name.length > MAX_NAME_CHARACTERS) return undefined;
  const lower = name.toLowerCase();
  let nearest: string | undefined;
  let nearestEdits = Infinity;
  for (const candidate of candidates) {
    const edits = countEdits(lower, candidate.toLowerCase());
    if (edits < nearestEdits && edits <= candidate.length / 3) {
      nearest = candidate;
      nearestEdits = edits;
    }
  }
  return nearest;
}

/** The Levenshtein distance. */
function countEdits(from: string, to: string): number {
  let last = Array.from({ length: to.length + 1 }, (_, index) => index);
  for (let i = 1; i <= from.length; i++) {
    const row = [i];
    for (let j = 1; j <= to.length; j++) {
      const substitution = last[j - 1] + (from[i - 1] === to[j - 1] ? 0 : 1);
      row[j] = Math.min(substitution, last[j] + 1, row[j - 1] + 1);
    }
    last = row;
  }
  return last[to.length];
}
