/**
 * The groups whose results are to be returned, in that order.
 *
 * @module
 */

import type { Group } from "./group.ts";

/** Groups at the front that are removed from memory together. */
const REMOVED_TOGETHER = 32;

/** A first-in, first-out queue of groups. */
export class GroupQueue {
  readonly #groups: Group[] = [];
  #head = 0;

  /** The group that is next; undefined if there is none. */
  get first(): Group | undefined {
    return this.#groups[this.#head];
  }

  /** Appends a group. */
  push(group: Group): void {
    this.#groups.push(group);
  }

  /** Inserts groups behind one that is in the queue. */
  insertAfter(group: Group, groups: readonly Group[]): void {
    const index = this.#groups.indexOf(group, this.#head);
    this.#groups.splice(index + 1, 0, ...groups);
  }

  /** Removes the first group. */
  removeFirst(): void {
    const groups = this.#groups;
    // Cheaper than a shift() for each group.
    if (
      ++this.#head >= REMOVED_TOGETHER && this.#head * 2 >= groups.length
    ) {
      groups.splice(0, this.#head);
      this.#head = 0;
    }
  }

  /** Removes all groups. */
  clear(): void {
    this.#groups.length = this.#head = 0;
  }
}
