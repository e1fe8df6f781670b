/**
 * Why calls are unfinished when a runtime ends.
 *
 * @module
 */

import { ShutdownError } from "../errors.ts";

/**
 * The error of a call that is unfinished when its runtime ends.
 *
 * @param breakdown Why workers could not be replaced; undefined if they could.
 * @param graceMs The limit of the shutdown that was exceeded; undefined if none was.
 */
export function unfinishedError(
  breakdown: unknown,
  graceMs: number | undefined,
): ShutdownError {
  if (breakdown !== undefined) {
    return new ShutdownError(
      "Cannot finish call: workers could not be replaced",
      { cause: breakdown },
    );
  }
  return new ShutdownError(
    graceMs === undefined
      ? "Cannot finish call: the runtime was shut down before it ended"
      : `Cannot finish call: the runtime was shut down, and the call was not finished ` +
        `within graceMs, ${graceMs} ms`,
  );
}
