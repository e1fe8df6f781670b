/**
 * Measures the codec beside structuredClone() of the runtime.
 *
 *     deno run -A bench/codec.ts
 *     bun bench/codec.ts
 *
 * Each row encodes one value, copies it into shared memory and decodes it. The figures are
 * medians of 15 rounds; a ratio below 1 means that the codec is faster.
 *
 * @module
 */

import { Encoder } from "../lib/codec/encoder.ts";
import { Decoder } from "../lib/codec/decoder.ts";

const ROUNDS = 15;
const memory = {
  share: () => ({ sender: 0, number: 0 }),
  resolve: () => new SharedArrayBuffer(0),
};
// As texts in shared memory are, to both ends of a call.
const texts: string[] = [];
const shapes = {
  add: (text: string) => texts.push(text),
  read: (number: number) => texts[number - 1],
};
const encoder = new Encoder(shapes);
const decoder = new Decoder(shapes);
const bytes = new Uint8Array(new SharedArrayBuffer(16 << 20));

function roundTrip(value: unknown): unknown {
  const message = encoder.encode(value, "value", memory);
  const { byteLength } = message;
  message.copyInto(bytes, 0);
  return decoder.decode(bytes, 0, byteLength, memory);
}

function medianMicroseconds(run: () => unknown, repeats: number): number {
  for (let i = 0; i < repeats; i++) run();
  const rounds = Array.from({ length: ROUNDS }, () => {
    const start = performance.now();
    for (let i = 0; i < repeats; i++) run();
    return (performance.now() - start) / repeats * 1000;
  });
  return rounds.sort((a, b) => a - b)[ROUNDS >> 1];
}

/** Makes one flat string; the engine may keep a joined string as a tree. */
const flat = (text: string) => JSON.parse(JSON.stringify(text)) as string;

class Point {
  x = 1.5;
  y = 2.5;
}

const user = (id: number) => ({
  id,
  name: `user ${id}`,
  active: id % 2 === 0,
  score: id * 1.37,
  tags: ["alpha", "beta"],
});

const cases: [name: string, value: unknown, repeats: number][] = [
  ["{id, name, tags}", { id: 1, name: "abc", tags: ["x"] }, 20000],
  ["string, 10 B", flat("abcdefghij"), 20000],
  ["{ text }, 100 B", { text: flat("abcdefghij".repeat(10)) }, 10000],
  ["{ text }, 10 KB ASCII", { text: flat("abcdefghij".repeat(1024)) }, 1000],
  ["{ text }, 10 KB Latin-1", { text: flat("abcdéfghij".repeat(1024)) }, 300],
  ["{ text }, 10,000 CJK", { text: flat("中文字符".repeat(2500)) }, 300],
  ["{ text }, 1 MB ASCII", { text: flat("abcdefgh".repeat(1 << 17)) }, 10],
  ["1 KB object graph", Array.from({ length: 12 }, (_, i) => user(i)), 2000],
  ["1,000 objects", Array.from({ length: 1000 }, (_, i) => user(i)), 20],
  ["1,000 small integers", Array.from({ length: 1000 }, (_, i) => i), 500],
  ["1,000 floats", Array.from({ length: 1000 }, (_, i) => i / 3), 500],
  ["class instance", new Point(), 20000],
  [
    "Map of 100",
    new Map(Array.from({ length: 100 }, (_, i) => [`key ${i}`, i])),
    500,
  ],
  ["Error", new TypeError("failed", { cause: "x" }), 3000],
  ["Date", new Date(), 20000],
  ["Float64Array(4)", new Float64Array(4), 10000],
  ["Uint8Array, 4 KB", new Uint8Array(4096), 5000],
  ["Uint8Array, 1 MB", new Uint8Array(1 << 20), 30],
];

console.log(
  "value".padEnd(26),
  "codec µs".padStart(10),
  "clone µs".padStart(10),
  "ratio".padStart(7),
);
for (const [name, value, repeats] of cases) {
  const codec = medianMicroseconds(() => roundTrip(value), repeats);
  const clone = medianMicroseconds(() => structuredClone(value), repeats);
  console.log(
    name.padEnd(26),
    codec.toFixed(2).padStart(10),
    clone.toFixed(2).padStart(10),
    (codec / clone).toFixed(2).padStart(7),
  );
}
