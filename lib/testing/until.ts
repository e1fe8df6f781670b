/**
 * Waits for what nothing announces.
 *
 * @module
 */

// Neither this nor the clock below is the global one: tests may replace them.
import { setTimeout } from "node:timers";

const now = performance.now.bind(performance);

/** Between two looks. */
const PAUSE_MS = 2;

/** Resolves when something is so, or after a time limit. */
export async function until(
  isSo: () => boolean,
  limitMs: number,
): Promise<void> {
  const endsAt = now() + limitMs;
  while (!isSo() && now() < endsAt) {
    await new Promise((resolve) => setTimeout(resolve, PAUSE_MS));
  }
}
