/**
 * Functions that keep an event loop busy.
 *
 * @module
 */

/** A run without a pause for so long is long, in milliseconds. */
const LONG_MS = 100;
/** So many long runs of a function are reported. */
const MANY = 5;
/** A single run for so long is reported, too. */
const VERY_LONG_MS = 1000;

/** Counts the long runs of functions. */
export class LongRuns<Key> {
  readonly #counts = new Map<Key, number>();

  /**
   * Counts a run.
   *
   * @param keyOf Returns what identifies the function; called if the run was long.
   * @returns How many of its runs were long, if that is worth a hint; else undefined.
   */
  note(keyOf: () => Key, ms: number): number | undefined {
    if (ms < LONG_MS) return undefined;
    const key = keyOf();
    const count = (this.#counts.get(key) ?? 0) + 1;
    this.#counts.set(key, count);
    return count === MANY || ms >= VERY_LONG_MS ? count : undefined;
  }
}

/** What was seen of a function that keeps an event loop busy, and how to mend it. */
export function longRunText(
  name: string,
  loop: string,
  ms: number,
  count: number,
): string {
  const seen = count === 1
    ? `for ${Math.round(ms)} ms without a pause`
    : `for more than ${LONG_MS} ms in ${count} runs, now for ${
      Math.round(ms)
    } ms`;
  return `${name} has kept ${loop} busy ${seen}. Nothing else runs there meanwhile; ` +
    `run what needs the CPU on a compute worker, by spawnCompute()`;
}
