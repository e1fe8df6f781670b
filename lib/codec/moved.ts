/**
 * Objects that calls move to another thread instead of copying them.
 *
 * @module
 */

import { Buffer } from "node:buffer";
import type { Movable, Moved } from "../cloned.ts";
import { threadState } from "../thread_state.ts";
import { Refusal } from "./errors.ts";
import type { SharedMemoryWriter } from "./shared_memory.ts";

const { marked, use } = threadState("moved", () => ({
  /** What is moved with the next message that contains it. */
  marked: new WeakSet<object>(),
  /** Whether this thread has ever marked something; until then, nothing is looked up. */
  use: { hasMarked: false },
}));

/**
 * Moves an object with the next call, or result, that contains it: its bytes are not copied,
 * and it is detached on this thread, as by `structuredClone(…, { transfer: [object] })`. To
 * move 64 MiB takes as long as to move 1 KiB.
 *
 * Nothing happens before that call is made. If the call is refused, because another argument
 * cannot be copied for example, the object stays usable, and is moved with the next call that
 * contains it. If the worker ends before the call does, the object is lost with the worker.
 *
 * @param object An ArrayBuffer or a view of one, which moves its buffer and arrives as the
 *   same kind of view; a MessagePort; a Blob, which is not detached; on Deno also a
 *   ReadableStream, WritableStream or TransformStream.
 * @returns The same object, for use as an argument, in an argument or in a result.
 * @throws {DOMException} A `DataCloneError`, if such an object cannot be moved.
 *
 * @example Usage
 * ```ts
 * import { LoomBuilder, move } from "@loom/runtime";
 *
 * await using runtime = await new LoomBuilder().build();
 * const pixels = new Uint8Array(16_000_000);
 * const inverted = await runtime.spawnCompute((pixels: Uint8Array) => {
 *   for (let i = 0; i < pixels.length; i++) pixels[i] = ~pixels[i];
 *   return move(pixels);
 * }, move(pixels));
 * console.log(pixels.length, inverted.length, inverted[0]); // 0 16000000 255
 * ```
 */
export function move<T extends Movable>(object: T): Moved<T> {
  const whole: object = ArrayBuffer.isView(object) ? object.buffer : object;
  const reason = reasonAgainst(object, whole);
  if (reason !== undefined) {
    throw new DOMException(`Cannot move ${reason}`, "DataCloneError");
  }
  marked.add(whole);
  use.hasMarked = true;
  return object as Moved<T>;
}

/** Whether an object is moved with the next message that contains it. */
export function isMarked(object: object): boolean {
  return use.hasMarked && marked.has(object);
}

/** The objects have been moved. */
export function unmark(objects: readonly object[]): void {
  for (const object of objects) marked.delete(object);
}

/** The index of an object among those that a message moves. */
export function indexOfMoved(
  object: object,
  memory: SharedMemoryWriter,
): number {
  if (memory.moved === undefined) {
    throw new Refusal(
      "an object to be moved, where values can only be copied; move it as an argument or a " +
        "result of spawnCompute(), or pass it without move()",
    );
  }
  if (object instanceof ArrayBuffer && object.detached) {
    throw new Refusal(
      "a detached ArrayBuffer, whose memory was moved away; pass a copy instead",
    );
  }
  const moved = memory.moved ??= [];
  const known = moved.indexOf(object);
  return known >= 0 ? known : moved.push(object) - 1;
}

/** Whether the thread that has moved an object must run its event loop for it. */
export function needsEventLoop(object: object): boolean {
  return streams.some((stream) => object instanceof stream);
}

/** What a transfer of these objects must name. Blobs need no transfer. */
export function transferList(objects: readonly object[]): object[] {
  return objects.filter((object) => !(object instanceof Blob));
}

/**
 * Moves objects to new ones on this thread.
 *
 * @throws {DOMException} If one cannot be transferred, for example a locked stream.
 */
export function moveLocally(objects: object[]): object[] {
  if (objects.length === 0) return [];
  const moved = structuredClone(objects, {
    transfer: transferList(objects) as Transferable[],
  });
  unmark(objects);
  return moved;
}

/** Why an object cannot be moved, beginning with what it is; undefined if it can. */
function reasonAgainst(object: object, whole: object): string | undefined {
  if (whole instanceof SharedArrayBuffer) {
    return "SharedArrayBuffer: all threads have its memory already, without a copy; pass it " +
      "as it is";
  }
  if (
    Buffer.isBuffer(object) && object.byteLength !== object.buffer.byteLength
  ) {
    return "Buffer: its memory may be part of a pool that other Buffers use; move a copy, " +
      "new Uint8Array(buffer)";
  }
  if (whole instanceof ArrayBuffer || whole instanceof Blob) return undefined;
  if (whole instanceof MessagePort) return undefined;
  const name = Object.prototype.toString.call(whole).slice(
    "[object ".length,
    -1,
  );
  const sample = streams.find((stream) => whole instanceof stream);
  if (sample === undefined) {
    return `${name}: only ArrayBuffers and their views, streams, MessagePorts and Blobs can ` +
      `be moved; pass it as it is to send a copy`;
  }
  return canTransfer(sample)
    ? undefined
    : `${name}: this runtime cannot transfer streams; pass what it contains`;
}

const streams = [ReadableStream, WritableStream, TransformStream] as const;
const transferable = new Map<typeof streams[number], boolean>();

/** Whether the runtime can transfer streams of this class. */
function canTransfer(stream: typeof streams[number]): boolean {
  let can = transferable.get(stream);
  if (can === undefined) {
    try {
      const sample = new (stream as new () => object)();
      structuredClone(sample, { transfer: [sample as Transferable] });
      can = true;
    } catch {
      can = false;
    }
    transferable.set(stream, can);
  }
  return can;
}
