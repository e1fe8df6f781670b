/**
 * Waits for the workers of a pool, up to a limit, so that a pool that does not run fails.
 *
 * @module
 */

import type { Pool } from "./pool.ts";

const LIMIT_MS = 10_000;

/**
 * Resolves with the pool once it has answered as many calls at once as it has workers.
 *
 * @throws {Error} When a result is wrong, or late.
 */
export async function whenReady<P extends Pool>(
  pool: P,
  workers: number,
): Promise<P> {
  let timer: ReturnType<typeof setTimeout> | undefined;
  const tooLate = new Promise<never>((_, reject) => {
    timer = setTimeout(
      () =>
        reject(
          new Error(
            `Cannot use the pool: it has no result after ${LIMIT_MS} ms`,
          ),
        ),
      LIMIT_MS,
    );
  });
  const calls = Array.from({ length: workers }, (_, n) => pool.addOne(n));
  const answers = await Promise.race([Promise.all(calls), tooLate]);
  clearTimeout(timer);
  if (answers.some((answer, n) => answer !== n + 1)) {
    throw new Error(`Cannot use the pool: its results are wrong: ${answers}`);
  }
  return pool;
}
