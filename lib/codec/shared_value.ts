/**
 * Values that all threads read from one copy in shared memory.
 *
 * @module
 */

import type { Cloned, SharedValue } from "../cloned.ts";
import { readMessage } from "./decoder.ts";
import { Encoder } from "./encoder.ts";
import { handleOf, sharedValueMemory } from "./shared_handle.ts";
import type { SharedMemoryWriter } from "./shared_memory.ts";

/**
 * Copies a value into shared memory once, for calls on all workers. Calls pass the result by
 * reference, and each worker makes one copy of its own when a task first reads `.value`.
 * Tasks on one worker share that copy, so treat it as read-only: changes are seen by later
 * tasks on that worker, and by no other thread.
 *
 * The memory is freed when no thread uses the value any more: some time after the garbage
 * collection of the result, or once the calls with it are settled after it was disposed.
 *
 * @param value Anything that calls can pass, of any size: `maxPayloadBytes` does not count.
 * @returns Passed as an argument, in a result, or inside of another value.
 * @throws {DOMException} A `DataCloneError`, if the value cannot be copied.
 *
 * @example Usage
 * ```ts
 * import { LoomBuilder, sharedValue } from "@loom/runtime";
 *
 * await using runtime = await new LoomBuilder().build();
 * using prices = sharedValue(new Map([["tea", 4], ["cake", 7]]));
 * const totals = await Promise.all(
 *   [["tea", "tea"], ["cake", "tea"]].map((order) =>
 *     runtime.spawnCompute(
 *       (prices, order: string[]) =>
 *         order.reduce((sum, item) => sum + prices.value.get(item)!, 0),
 *       prices,
 *       order,
 *     )
 *   ),
 * );
 * console.log(totals); // [8, 11]
 * ```
 */
export function sharedValue<T>(value: T): SharedValue<Cloned<T>> {
  const inside: SharedArrayBuffer[] = [];
  const memory: SharedMemoryWriter = {
    share(buffer) {
      const known = inside.indexOf(buffer);
      return {
        sender: 0,
        number: known >= 0 ? known : inside.push(buffer) - 1,
      };
    },
  };
  const message = new Encoder().encode(value, "shared value", memory);
  const { buffer, at } = sharedValueMemory(message.byteLength);
  message.copyInto(new Uint8Array(buffer), at);
  return handleOf(buffer, inside, readMessage) as SharedValue<Cloned<T>>;
}
