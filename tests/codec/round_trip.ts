import { Decoder } from "../../lib/codec/decoder.ts";
import { Encoder } from "../../lib/codec/encoder.ts";

/** The shared memory of an encoder and a decoder in one thread. */
function createMemoryTable() {
  const buffers: SharedArrayBuffer[] = [];
  return {
    share(buffer: SharedArrayBuffer): number {
      const known = buffers.indexOf(buffer);
      return known >= 0 ? known : buffers.push(buffer) - 1;
    },
    resolve: (reference: number): SharedArrayBuffer => buffers[reference],
  };
}

/** An encoder, a decoder and the shared memory between them. */
export function createCodec() {
  const memory = createMemoryTable();
  const encoder = new Encoder();
  const decoder = new Decoder();
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
    return decoder.decode(shared, 16, memory) as T;
  }
  return { encoder, decoder, memory, roundTrip };
}
