/**
 * Advice to the kernel about the pages of some memory.
 *
 * @module
 */

/** What a thread can say about pages. Where that is not possible, nothing happens. */
export interface Pages {
  /** Gives back the pages of memory whose contents are not needed any more. */
  drop(memory: Uint8Array): void;
  /** Asks for huge pages; the contents stay. */
  preferHuge(memory: Uint8Array): void;
}

/** Gives nothing back. */
export const NO_PAGES: Pages = { drop: () => {}, preferHuge: () => {} };
