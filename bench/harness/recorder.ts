/**
 * Records the figures of one contender, in the process that measures them.
 *
 * Each figure is printed as soon as it is measured, so that one that fails, hangs or ends
 * the process does not remove the others.
 *
 * @module
 */

import type { Budget, Figures } from "./benchmark.ts";

/** What a recorder prints, one event per line. */
export type Event =
  | { readonly kind: "started"; readonly keys: readonly string[] }
  | { readonly kind: "measured"; readonly figures: Figures }
  | {
    readonly kind: "failed";
    readonly keys: readonly string[];
    readonly reason: string;
  }
  | { readonly kind: "done" };

/** Stands before an event, since a contender may print lines of its own. */
const MARK = "figures: ";

/** Prints an event for the process that started this one. */
export function printEvent(event: Event): void {
  console.log(MARK + JSON.stringify(event));
}

/** Reads the events from the output of a process. */
export function parseEvents(output: string): Event[] {
  return output.split("\n").filter((line) => line.startsWith(MARK))
    .map((line) => JSON.parse(line.slice(MARK.length)));
}

/** Measures figures one after another and prints them. */
export class Recorder implements Budget {
  readonly figureMs: number;
  readonly #skipped: ReadonlySet<string>;
  readonly #print: (event: Event) => void;

  /**
   * @param skipped The keys of figures that are not measured: they are measured already,
   * or failed before.
   */
  constructor(
    { figureMs }: Budget,
    skipped: readonly string[] = [],
    print: (event: Event) => void = printEvent,
  ) {
    this.figureMs = figureMs;
    this.#skipped = new Set(skipped);
    this.#print = print;
  }

  /** Measures one figure. When that fails, the reason is recorded instead. */
  async record(key: string, measure: () => Promise<number>): Promise<void> {
    await this.recordAll([key], async () => ({ [key]: await measure() }));
  }

  /** Measures figures that come out of one measurement. */
  async recordAll(
    keys: readonly string[],
    measure: () => Promise<Figures>,
  ): Promise<void> {
    const wanted = keys.filter((key) => !this.#skipped.has(key));
    if (wanted.length === 0) return;
    this.#print({ kind: "started", keys: wanted });
    try {
      const measured = await measure();
      const figures = Object.fromEntries(
        wanted.flatMap((key) => key in measured ? [[key, measured[key]]] : []),
      );
      this.#print({ kind: "measured", figures });
    } catch (error) {
      this.#print({ kind: "failed", keys: wanted, reason: String(error) });
    }
  }
}
