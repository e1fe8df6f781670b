/**
 * Frees shared values that were disposed.
 *
 * @module
 */

import { onDisposed } from "../codec/shared_handle.ts";
import type { SharedBuffers } from "./shared_buffers.ts";

/**
 * The buffers of disposed values that this thread has sent. Each is dropped, on all threads,
 * once no unsettled call of this thread contains it: a worker may not have read it yet.
 */
export class DisposedValues {
  readonly #sharedBuffers: SharedBuffers;
  readonly #isHeld: (buffer: SharedArrayBuffer) => boolean;
  readonly #waiting = new Set<SharedArrayBuffer>();
  /** Stops listening. */
  readonly close: () => void;

  /** @param isHeld Whether an unsettled call of this thread contains the buffer. */
  constructor(
    sharedBuffers: SharedBuffers,
    isHeld: (buffer: SharedArrayBuffer) => boolean,
  ) {
    this.#sharedBuffers = sharedBuffers;
    this.#isHeld = isHeld;
    this.close = onDisposed((buffer) => {
      this.#waiting.add(buffer);
      this.drop();
    });
  }

  /** Whether buffers wait for calls. */
  get areWaiting(): boolean {
    return this.#waiting.size !== 0;
  }

  /** Drops what no unsettled call contains any more. */
  drop(): void {
    for (const buffer of this.#waiting) {
      if (this.#isHeld(buffer)) continue;
      this.#waiting.delete(buffer);
      this.#sharedBuffers.drop(buffer);
    }
  }
}
