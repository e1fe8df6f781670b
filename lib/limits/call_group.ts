/**
 * Calls that are cancelled together.
 *
 * @module
 */

/** Something that can be cancelled. */
export interface Cancellable {
  /** Its place in its group; -1 while it is in none. Only the group writes it. */
  groupIndex: number;
  /** Cancels it, with a reason. */
  cancel(reason: unknown): void;
}

/** The calls in flight that are cancelled together. */
export class CallGroup {
  // Not a Set: adding and deleting a call is part of the cost of each call.
  readonly #calls: Cancellable[] = [];

  /** Whether a call in the group would be cancelled at once. */
  get isAborted(): boolean {
    return false;
  }

  /** Whether no call is in flight. */
  get isEmpty(): boolean {
    return this.#calls.length === 0;
  }

  /** Adds a call, which has been submitted. */
  add(call: Cancellable): void {
    call.groupIndex = this.#calls.push(call) - 1;
  }

  /** The call has ended. Does nothing if it is not in the group any more. */
  delete(call: Cancellable): void {
    const index = call.groupIndex;
    if (index < 0) return;
    call.groupIndex = -1;
    const last = this.#calls.pop()!;
    if (last === call) return;
    this.#calls[index] = last;
    last.groupIndex = index;
  }

  /** Cancels the calls that are in flight. */
  cancel(reason: unknown): void {
    const calls = this.#calls.splice(0);
    for (const call of calls) call.groupIndex = -1;
    for (const call of calls) call.cancel(reason);
  }
}
