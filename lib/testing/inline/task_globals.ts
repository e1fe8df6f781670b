/**
 * The global names that do something else in tasks of an inline runtime, because these share
 * their thread with the test.
 *
 * @module
 */

import process from "node:process";
import { EndingError } from "../../bridge/task_guard.ts";
import { LoomError } from "../../errors.ts";
import { type GlobalNames, withMembers } from "./virtual_globals.ts";

/**
 * Makes the names.
 *
 * @param exit Ends the worker whose task calls `process.exit()`.
 */
export function inlineGlobals(exit: (code: number) => void): GlobalNames {
  return {
    Atomics: withMembers(Atomics, { wait: waitInline }),
    process: withMembers(process, {
      exit: (code: number | string = process.exitCode ?? 0): never => {
        exit(Number(code));
        throw new EndingError();
      },
    }),
  };
}

/** As `Atomics.wait()` does, if that would not block. */
function waitInline(words: Int32Array, index: number, value: number): string {
  if (Atomics.load(words, index) !== value) return "not-equal";
  throw new LoomError(
    "Cannot block in Atomics.wait(): the workers of an inline runtime share one thread, so " +
      "nothing would go on; await Atomics.waitAsync(), or use a runtime with threads",
  );
}
