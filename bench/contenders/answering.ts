/**
 * Waits for the workers of a pool, but not for ever: a contender that does not run must say so.
 *
 * @module
 */

import type { Pool } from "./pool.ts";

const LIMIT_MS = 10_000;

/**
 * Gives the pool once it has answered as many calls at once as it has workers.
 *
 * @throws {Error} when it gives a wrong answer, or none in time.
 */
export async function answering<P extends Pool>(
  pool: P,
  workers: number,
): Promise<P> {
  let timer: ReturnType<typeof setTimeout> | undefined;
  const tooLate = new Promise<never>((_, reject) => {
    timer = setTimeout(
      () => reject(new Error(`Its workers do not answer in ${LIMIT_MS} ms`)),
      LIMIT_MS,
    );
  });
  const calls = Array.from({ length: workers }, (_, n) => pool.addOne(n));
  const answers = await Promise.race([Promise.all(calls), tooLate]);
  clearTimeout(timer);
  if (answers.some((answer, n) => answer !== n + 1)) {
    throw new Error(`Its workers answer wrongly: ${answers}`);
  }
  return pool;
}
