/**
 * Memory for the bytes of one payload.
 *
 * @module
 */

import { Arena, NO_BLOCK } from "../bridge/arena.ts";
import type { Lane } from "../bridge/lane.ts";
import { INLINE_BYTES } from "../bridge/layout.ts";
import { COUNT_SENT_BYTES } from "../bridge/metrics.ts";
import type { EncodedMessage } from "../codec/encoder.ts";
import { PayloadTooLargeError } from "../errors.ts";

/** Reserves memory in the inline area of a slot, or in an arena. */
export class Room {
  /** The memory that was reserved last. */
  bytes: Uint8Array = new Uint8Array(0);
  /** Where the payload begins in it. */
  at = 0;
  /** What the thread counts. */
  counts: Float64Array = new Float64Array(COUNT_SENT_BYTES + 1);

  /**
   * Reserves memory for a payload and describes it in a VALUE of the lane.
   *
   * @returns False when the arena has no free block. It has then requested an unpark.
   */
  tryReserve(
    byteLength: number,
    lane: Lane,
    slot: number,
    value: number,
    arena: Arena,
  ): boolean {
    if (byteLength <= INLINE_BYTES) {
      this.bytes = lane.bytes;
      this.at = lane.inlineByte(slot);
      lane.setBytes(value, byteLength, NO_BLOCK);
      this.counts[COUNT_SENT_BYTES] += byteLength;
      return true;
    }
    const block = allocate(arena, byteLength);
    if (block === NO_BLOCK) return false;
    this.bytes = arena.bytesWith(block, byteLength);
    this.at = Arena.payloadByte(block);
    lane.setBytes(value, byteLength, block);
    this.counts[COUNT_SENT_BYTES] += byteLength;
    return true;
  }
}

/** Returns the message, or discards it and throws if it is too large to be sent. */
export function checkSize(
  message: EncodedMessage,
  what: string,
  limitBytes: number,
): EncodedMessage {
  const { byteLength } = message;
  if (byteLength <= limitBytes) return message;
  message.discard();
  throw new PayloadTooLargeError(
    `Cannot send ${what}: ${byteLength} bytes, the limit is ${limitBytes}; raise ` +
      `maxPayloadBytes, or pass a SharedArrayBuffer, which crosses without a copy`,
    byteLength,
    limitBytes,
  );
}

/** Allocates a block. When there is none, requests an unpark and returns NO_BLOCK. */
function allocate(arena: Arena, byteLength: number): number {
  const block = arena.tryAllocate(byteLength);
  if (block !== NO_BLOCK) return block;
  arena.want();
  return arena.tryAllocate(byteLength);
}
