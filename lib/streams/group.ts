/**
 * Items that were sent together, and their results.
 *
 * @module
 */

import type { ItemResults } from "../calls/items.ts";

/** Something that was thrown. */
export type Failure = NonNullable<ItemResults["failure"]>;

/**
 * Items that share a call, or one item with a call of its own. It is used again for later
 * items, so that they need no functions of their own.
 */
export class Group {
  /** The items; empty for one that has a call of its own. */
  items: readonly unknown[] = [];
  /** Their results. */
  values: unknown[] = [];
  /** What the item after those results threw. */
  failure: Failure | undefined;
  isSettled = false;
  /** Reactions to the promise of the call. */
  readonly onReturn: (value: unknown) => void;
  readonly onThrow: (error: unknown) => void;

  /** @param settled Gets the outcome of a call for several items. */
  constructor(
    settled: (group: Group, results: ItemResults | undefined) => void,
  ) {
    this.onReturn = (value) => {
      this.isSettled = true;
      if (this.items.length === 0) {
        this.values.push(value);
        settled(this, undefined);
      } else {
        const results = value as ItemResults;
        this.values = results.values;
        this.failure = results.failure;
        settled(this, results);
      }
    };
    this.onThrow = (error) => {
      this.isSettled = true;
      this.failure = { error };
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
}
