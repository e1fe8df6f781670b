/**
 * What stands for a shared value on one thread.
 *
 * The buffer of a shared value begins with its id, eight random bytes; the message with the
 * value follows. A thread may receive the buffer from several threads, as an object from
 * each. By the id they all belong to one handle, so that the value is read once.
 *
 * @module
 */

import type { SharedValue } from "../cloned.ts";
import { LoomError } from "../errors.ts";
import { threadState } from "../thread_state.ts";
import { Refusal } from "./errors.ts";
import type {
  SharedMemoryReader,
  SharedMemoryWriter,
} from "./shared_memory.ts";

/** Bytes of the id, before the message. */
const ID_BYTES = 8;

/** Marks the class in each copy of the library, so that all of them recognise its objects. */
export const HANDLE_MARK: unique symbol = Symbol.for(
  "@loom/runtime/sharedValue",
);

/** Reads the message of a shared value, as {@linkcode Decoder.decode} does. */
export type ReadMessage = (
  source: Uint8Array,
  byteOffset: number,
  byteLength: number,
  memory: SharedMemoryReader,
) => unknown;

/** What a handle stands for. */
interface Content {
  /** The id, then the message. */
  readonly buffer: SharedArrayBuffer;
  /** The SharedArrayBuffers in the value, by their number in the message. */
  readonly inside: readonly SharedArrayBuffer[];
  readonly read: ReadMessage;
  value: unknown;
  hasValue: boolean;
}

const { contents, byId, byBuffer, listeners } = threadState(
  "shared_values",
  () => ({
    /** What each handle stands for, unless it has been disposed. */
    contents: new WeakMap<object, Content>(),
    byId: new Map<bigint, WeakRef<SharedValue<unknown>>>(),
    /** Keeps a handle as long as one of its buffers, which the bridge keeps. */
    byBuffer: new WeakMap<SharedArrayBuffer, SharedValue<unknown>>(),
    /** Called with the buffer of each handle that is disposed. */
    listeners: new Set<(buffer: SharedArrayBuffer) => void>(),
  }),
);

const forgotten = new FinalizationRegistry((id: bigint) => {
  if (byId.get(id)?.deref() === undefined) byId.delete(id);
});

/** The one handle of a shared value on this thread. */
class Handle<T> implements SharedValue<T> {
  declare readonly "~shared": T;

  get [HANDLE_MARK](): true {
    return true;
  }

  get value(): T {
    const content = contents.get(this);
    if (content === undefined) {
      throw new LoomError(
        "Cannot read SharedValue: it has been disposed; read it before that, or share the " +
          "value again",
      );
    }
    if (!content.hasValue) {
      const { buffer, inside, read } = content;
      const byteLength = buffer.byteLength - ID_BYTES;
      const memory = { resolve: (_: number, number: number) => inside[number] };
      content.value = read(
        new Uint8Array(buffer),
        ID_BYTES,
        byteLength,
        memory,
      );
      content.hasValue = true;
    }
    return content.value as T;
  }

  get byteLength(): number {
    const content = contents.get(this);
    return content === undefined ? 0 : content.buffer.byteLength - ID_BYTES;
  }

  [Symbol.dispose](): void {
    const content = contents.get(this);
    if (content === undefined) return;
    contents.delete(this);
    byId.delete(idOf(content.buffer));
    for (const buffer of [content.buffer, ...content.inside]) {
      byBuffer.delete(buffer);
    }
    for (const listener of listeners) listener(content.buffer);
  }
}

/** The prototype of this copy's handles. */
export const HANDLE_PROTOTYPE: object = Handle.prototype;

/** Whether an object is a handle. */
export function isHandle(object: object): boolean {
  return HANDLE_MARK in object;
}

/** Memory for a shared value whose message has this size. */
export function sharedValueMemory(
  byteLength: number,
): { readonly buffer: SharedArrayBuffer; readonly at: number } {
  const buffer = new SharedArrayBuffer(ID_BYTES + byteLength);
  const id = crypto.getRandomValues(new Uint8Array(ID_BYTES));
  new Uint8Array(buffer).set(id);
  return { buffer, at: ID_BYTES };
}

/** The handle of a buffer, made when this thread has none for it. */
export function handleOf(
  buffer: SharedArrayBuffer,
  inside: readonly SharedArrayBuffer[],
  read: ReadMessage,
): SharedValue<unknown> {
  const known = byBuffer.get(buffer);
  if (known !== undefined) return known;
  const id = idOf(buffer);
  let handle = byId.get(id)?.deref();
  if (handle === undefined) {
    handle = new Handle();
    contents.set(handle, {
      buffer,
      inside,
      read,
      value: undefined,
      hasValue: false,
    });
    byId.set(id, new WeakRef(handle));
    forgotten.register(handle, id);
  }
  byBuffer.set(buffer, handle);
  return handle;
}

/** The buffers that a message contains in place of a handle, its own first. */
export function buffersOf(
  handle: object,
  memory: SharedMemoryWriter,
): ReturnType<SharedMemoryWriter["share"]>[] {
  const content = contents.get(handle);
  if (content === undefined) {
    throw new Refusal(
      "a SharedValue that has been disposed; dispose it after the last call with it",
    );
  }
  return [content.buffer, ...content.inside].map((each) => memory.share(each));
}

/**
 * Calls `listener` with the buffer of each handle of this thread that is disposed.
 *
 * @returns Stops that.
 */
export function onDisposed(
  listener: (buffer: SharedArrayBuffer) => void,
): () => void {
  listeners.add(listener);
  return () => listeners.delete(listener);
}

function idOf(buffer: SharedArrayBuffer): bigint {
  return new DataView(buffer).getBigUint64(0);
}
