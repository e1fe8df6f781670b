/**
 * How the codec handles SharedArrayBuffers, which are passed by reference: a message
 * contains a number in place of each.
 *
 * @module
 */

/** Gives numbers to the buffers of one message that is being written. */
export interface SharedMemoryWriter {
  /** The number for `buffer`. */
  share(buffer: SharedArrayBuffer): number;
}

/** Resolves the numbers in one message that is being read. */
export interface SharedMemoryReader {
  /** The buffer of the number `reference`. */
  resolve(reference: number): SharedArrayBuffer;
}

/** Used while no message is being written or read: both methods throw. */
export const NO_SHARED_MEMORY: SharedMemoryWriter & SharedMemoryReader = {
  share: () => {
    throw new Error(
      "Cannot share SharedArrayBuffer: no message is being written",
    );
  },
  resolve: () => {
    throw new Error(
      "Cannot resolve SharedArrayBuffer: no message is being read",
    );
  },
};
