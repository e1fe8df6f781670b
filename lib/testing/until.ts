/**
 * Waits for what nothing announces.
 *
 * @module
 */

// Not the global one: tests may replace it.
import { setTimeout } from "node:timers";

/** Between two looks. */
const PAUSE_MS = 2;

/** Resolves when something is so, or after a time limit. */
export async function until(
  isSo: () => boolean,
  limitMs: number,
): Promise<void> {
  for (let waitedMs = 0; waitedMs < limitMs; waitedMs += PAUSE_MS) {
    if (isSo()) return;
    await new Promise((resolve) => setTimeout(resolve, PAUSE_MS));
  }
}
