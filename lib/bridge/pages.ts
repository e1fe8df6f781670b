/**
 * What a thread says about the pages of memory.
 *
 * @module
 */

/** Advice about pages. Where it is not possible, nothing happens. */
export interface Pages {
  /** Gives back the pages of memory whose contents are not needed any more. */
  drop(memory: Uint8Array): void;
  /** Asks for huge pages; the contents stay. */
  preferHuge(memory: Uint8Array): void;
  /** Sets whether memory that is freed in this process keeps its pages, to be used again. */
  keepFreed(keeps: boolean): void;
}

/** Gives nothing back. */
export const NO_PAGES: Pages = {
  drop: () => {},
  preferHuge: () => {},
  keepFreed: () => {},
};
