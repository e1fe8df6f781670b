/**
 * What the codec needs to know about SharedArrayBuffers, which cross by reference: a
 * message holds a number in place of each.
 *
 * @module
 */

/** Numbers the buffers of one message that is being written. */
export interface SharedMemoryWriter {
  /** The number that stands for `buffer`. */
  share(buffer: SharedArrayBuffer): number;
}

/** Finds the buffers of one message that is being read. */
export interface SharedMemoryReader {
  /** The buffer that `reference` stands for. */
  resolve(reference: number): SharedArrayBuffer;
}

/** Stands in while no message is being written or read. */
export const NO_SHARED_MEMORY: SharedMemoryWriter & SharedMemoryReader = {
  share: () => {
    throw new Error("Cannot share memory: no message is being written");
  },
  resolve: () => {
    throw new Error("Cannot resolve shared memory: no message is being read");
  },
};
