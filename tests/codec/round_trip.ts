import { Decoder } from "../../lib/codec/decoder.ts";
import { Encoder } from "../../lib/codec/encoder.ts";
import type { ShapeStore } from "../../lib/codec/known_shapes.ts";
import type {
  SharedMemoryReader,
  SharedMemoryWriter,
} from "../../lib/codec/shared_memory.ts";

/**
 * The shared memory of an encoder and a decoder in one thread.
 *
 * @param sender Serial number of the sender of all buffers.
 * @param first Number of the first buffer.
 */
export function createMemoryTable(
  sender = 0,
  first = 0,
): SharedMemoryWriter & SharedMemoryReader {
  const buffers: SharedArrayBuffer[] = [];
  return {
    share(buffer) {
      const known = buffers.indexOf(buffer);
      const index = known >= 0 ? known : buffers.push(buffer) - 1;
      return { sender, number: first + index };
    },
    resolve(from, number) {
      if (from !== sender) throw new Error(`no buffers of thread ${from}`);
      return buffers[number - first];
    },
  };
}

/** How often a shape must be sent until it is written and read in all its ways. */
const USES = 16;

/** A store of shapes within one thread. */
export function createShapeStore(room = Infinity): ShapeStore & {
  readonly texts: readonly string[];
} {
  const texts: string[] = [];
  return {
    texts,
    add: (text) => texts.length < room ? texts.push(text) : 0,
    read: (number) => texts[number - 1],
  };
}

/** An encoder, a decoder and the shared memory between them. */
export function createCodec(
  memory = createMemoryTable(),
  store = createShapeStore(),
) {
  const encoder = new Encoder(store);
  const decoder = new Decoder(store);
  /** Encodes into shared memory that is filled with other bytes, and decodes from there. */
  function roundTrip<T>(value: T, label = "argument 1"): T {
    const message = encoder.encode(value, label, memory);
    const { byteLength } = message;
    const shared = new Uint8Array(new SharedArrayBuffer(byteLength + 24)).fill(
      0xaa,
    );
    message.copyInto(shared, 16);
    if (shared[15] !== 0xaa || shared[16 + byteLength] !== 0xaa) {
      throw new Error("copyInto() wrote outside of its range");
    }
    return decoder.decode(shared, 16, byteLength, memory) as T;
  }
  /** Like roundTrip(), after the shapes of a value like this have become known. */
  function roundTripKnown<T>(make: () => T): T {
    for (let i = 0; i < USES; i++) roundTrip(make());
    return roundTrip(make());
  }
  return { encoder, decoder, memory, roundTrip, roundTripKnown };
}
