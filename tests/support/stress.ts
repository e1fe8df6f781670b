/**
 * The sizes of tests that are small in `deno task test` and large in
 * `deno task test:stress`.
 *
 * @module
 */

import process from "node:process";

/** The variable that makes a run a stress run. */
export const STRESS_VARIABLE = "LOOM_TEST_STRESS";

/** Whether this is a stress run. */
export const STRESS: boolean = process.env[STRESS_VARIABLE] === "1";

/** Returns the size for this run. */
export function sized<T>(quick: T, stress: T): T {
  return STRESS ? stress : quick;
}
