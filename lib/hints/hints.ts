/**
 * Hints at mistakes that many programs make.
 *
 * @module
 */

import { calledFrom } from "../calls/call_sites.ts";
import { threadState } from "../thread_state.ts";

/** What the runtimes of this thread have hinted at, to say it once. */
const given = threadState("hints", () => new Set<string>());

/** Gives each hint once. */
export class Hints {
  readonly #warn: (message: string) => void;

  /** @param warn Shows a text to the user. */
  constructor(warn: (message: string) => void) {
    this.#warn = warn;
  }

  /**
   * Gives a hint unless it was given before.
   *
   * @param kind The kind of mistake.
   * @param subject The function that makes it.
   * @param text What was seen, and how to mend it.
   * @param site Where, if that is known.
   */
  give(kind: string, subject: string, text: string, site?: Error): void {
    const key = `${kind}\0${subject}`;
    if (given.has(key)) return;
    given.add(key);
    const frame = site === undefined ? "" : firstFrame(site);
    this.#warn(
      `loom: ${text} (the setting hints = false turns hints off)${frame}`,
    );
  }
}

/** A frame of a file, and not of the JavaScript runtime. */
const FILE_FRAME = /\n\s+at (?:.*\(|async )?(?:file:|https?:|\/|[A-Za-z]:\\).*/;

/** The line of the first frame of the program; empty without one. */
export function firstFrame(site: Error): string {
  return FILE_FRAME.exec(calledFrom(site))?.[0] ?? "";
}
