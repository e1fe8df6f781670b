/**
 * What the codec needs to know of SharedArrayBuffers, which cross by reference.
 *
 * @module
 */

/** How SharedArrayBuffers travel: as numbers that mean the same on both sides. */
export interface SharedMemoryTable {
  /** The number that stands for `buffer`. */
  share(buffer: SharedArrayBuffer): number;
  /** The buffer that `reference` stands for. */
  resolve(reference: number): SharedArrayBuffer;
}
