/**
 * How the codec handles SharedArrayBuffers, which are passed by reference: a message
 * contains a reference in place of each.
 *
 * @module
 */

/**
 * Identifies a buffer in messages. Both numbers grow with the age of the process: one number
 * could not hold them.
 */
export interface SharedReference {
  /** Serial number of the thread that sends the buffer. */
  readonly sender: number;
  /** How many buffers that thread has sent before. */
  readonly number: number;
}

/** Gives references to the buffers of one message that is being written. */
export interface SharedMemoryWriter {
  /** The reference to `buffer`. */
  share(buffer: SharedArrayBuffer): SharedReference;
  /**
   * The objects that are moved with the message, in the order of their indices; null if there
   * are none. Undefined if none may be.
   */
  moved?: object[] | null;
}

/** Resolves the references in one message that is being read. */
export interface SharedMemoryReader {
  /** The buffer that the reference stands for. */
  resolve(sender: number, number: number): SharedArrayBuffer;
  /** The object with this index among those that were moved with the message. */
  take?(index: number): object;
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
