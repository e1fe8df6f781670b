/**
 * Sending what a function threw to another thread.
 *
 * @module
 */

import { PayloadTooLargeError } from "../errors.ts";

/**
 * Sends `thrown`. If that fails, sends an error in its place: a copy with its name, message
 * and stack when other properties or its cause cannot be cloned, else the reason why it
 * cannot be sent.
 *
 * @param thrown What a function threw.
 * @param send Sends a value, or throws when the value cannot be sent.
 * @returns What `send` returned.
 */
export function sendThrown<T>(
  thrown: unknown,
  send: (value: unknown) => T,
): T {
  try {
    return send(thrown);
  } catch (problem) {
    try {
      const isTooLarge = problem instanceof PayloadTooLargeError;
      return send(
        thrown instanceof Error && !isTooLarge ? plainError(thrown) : problem,
      );
    } catch {
      // The error's own getters throw, or its message alone is too large.
      return send(
        new Error(
          "Cannot send what the task threw: reading it throws, or it is too large",
        ),
      );
    }
  }
}

/** Name, message and stack of an error, without its cause and other properties. */
function plainError(error: Error): Error {
  const plain = new Error(error.message);
  Object.defineProperty(plain, "name", { value: String(error.name) });
  Object.defineProperty(plain, "stack", { value: error.stack });
  return plain;
}
