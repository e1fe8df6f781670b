/**
 * Items that were sent together, and their results.
 *
 * @module
 */

import type { ItemResults } from "../calls/items.ts";
import { ShutdownError } from "../errors.ts";
import type { SettledItem } from "./options.ts";

/** Something that was thrown. */
export interface Failure {
  readonly error: unknown;
}

/**
 * Items that share a call, or one item with a call of its own. It is used again for later
 * items, so that they need no functions of their own.
 */
export class Group {
  /** Number of items before the first one in the source. */
  index = 0;
  /** The items; empty for one that has a call of its own. */
  items: readonly unknown[] = [];
  /** Their results; what came of each, if errors are results, too. */
  values: unknown[] = [];
  /** What the item after those results threw, unless errors are results. */
  failure: Failure | undefined;
  isSettled = false;
  /** Reactions to the promise of the call. */
  readonly onReturn: (value: unknown) => void;
  readonly onThrow: (error: unknown) => void;
  readonly #settles: boolean;

  /**
   * @param settles Whether errors are results.
   * @param settled Gets the outcome of a call for several items.
   */
  constructor(
    settles: boolean,
    settled: (group: Group, results: ItemResults | undefined) => void,
  ) {
    this.#settles = settles;
    this.onReturn = (value) => {
      this.isSettled = true;
      if (this.items.length === 0) {
        this.values.push(settles ? fulfilled(value, this.index) : value);
        settled(this, undefined);
      } else {
        const results = value as ItemResults;
        this.#take(results);
        settled(this, results);
      }
    };
    this.onThrow = (error) => {
      this.isSettled = true;
      this.#fail(error);
      settled(this, undefined);
    };
  }

  /** Prepares it for other items. */
  reset(): void {
    if (this.items.length === 0) this.values.length = 0;
    else {
      this.items = [];
      this.values = [];
    }
    this.failure = undefined;
    this.isSettled = false;
  }

  /** Takes what a call for several items has returned. */
  #take({ values, failed }: ItemResults): void {
    const { index } = this;
    if (this.#settles) {
      const outcomes: unknown[] = values.map((value, i) =>
        fulfilled(value, index + i)
      );
      for (const i of failed) outcomes[i] = rejected(values[i], index + i);
      this.values = outcomes;
    } else if (failed.length === 0) this.values = values;
    else {
      const [at] = failed;
      this.values = values.slice(0, at);
      this.failure = { error: withIndex(values[at], index + at) };
    }
  }

  /** A call has failed as a whole, such as that of a worker that was lost. */
  #fail(error: unknown): void {
    const { index } = this;
    // After the end of the runtime, an endless source would fail item by item.
    if (!this.#settles || error instanceof ShutdownError) {
      this.failure = { error: withIndex(error, index) };
      return;
    }
    const count = Math.max(1, this.items.length);
    for (let i = 0; i < count; i++) {
      this.values.push(rejected(error, index + i));
    }
  }
}

function fulfilled(value: unknown, index: number): SettledItem<unknown> {
  return { status: "fulfilled", value, index };
}

function rejected(reason: unknown, index: number): SettledItem<unknown> {
  return { status: "rejected", reason, index };
}

/** Sets the property `itemIndex` of an error, unless that is impossible. */
function withIndex(error: unknown, itemIndex: number): unknown {
  if (error instanceof Error) {
    Reflect.defineProperty(error, "itemIndex", {
      value: itemIndex,
      configurable: true,
      enumerable: true,
      writable: true,
    });
  }
  return error;
}
