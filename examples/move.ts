/**
 * Passes a large picture through two stages, each on a worker, by copies and by moving it, and
 * compares the times:
 *
 *     deno run -A examples/move.ts [--megabytes 64]
 *     bun examples/move.ts
 *
 * A moved buffer belongs to one thread at a time, so no stage can change what another one
 * reads, and nothing is copied. The table of colours is needed by all calls: it is shared.
 *
 * @module
 */

import process from "node:process";
import { parseArgs } from "node:util";
import { LoomBuilder, move, type SharedValue, sharedValue } from "../mod.ts";

const ROUNDS = 5;

const { values } = parseArgs({
  options: { megabytes: { type: "string", default: "64" } },
});
const byteLength = Number(values.megabytes) * 1_000_000;

await using runtime = await new LoomBuilder().prefix("move")
  .pinThreads("workers").build();

/** Maps the first pixels of each row, so that most of the time goes into passing the picture. */
const mapColours = (pixels: Uint8Array, colours: SharedValue<number[]>) => {
  const table = colours.value;
  for (let i = 0; i < pixels.length; i += 4096) pixels[i] = table[pixels[i]];
  return pixels;
};
/** The same, for a picture that is moved to the worker and back. */
const mapMoved = (pixels: Uint8Array, colours: SharedValue<number[]>) => {
  const table = colours.value;
  for (let i = 0; i < pixels.length; i += 4096) pixels[i] = table[pixels[i]];
  return move(pixels);
};

using inverted = sharedValue(Array.from({ length: 256 }, (_, i) => 255 - i));

let copied: Uint8Array = new Uint8Array(byteLength).fill(7);
let moved = copied.slice() as Uint8Array;
let copyMs = Infinity;
let moveMs = Infinity;
for (let round = 0; round < ROUNDS; round++) {
  let startMs = performance.now();
  for (let stage = 0; stage < 2; stage++) {
    copied = await runtime.spawnCompute(mapColours, copied, inverted);
  }
  copyMs = Math.min(copyMs, performance.now() - startMs);

  startMs = performance.now();
  for (let stage = 0; stage < 2; stage++) {
    const sent = moved;
    moved = await runtime.spawnCompute(mapMoved, move(sent), inverted);
    if (sent.length !== 0) throw new Error("the picture was not moved");
  }
  moveMs = Math.min(moveMs, performance.now() - startMs);
}
console.log(`${values.megabytes} MB through two stages`);
console.log(`copied: ${copyMs.toFixed(1)} ms`);
console.log(`moved:  ${moveMs.toFixed(1)} ms`);
if (moved.length === byteLength && moved.every((byte) => byte === 7)) {
  console.log("The picture is complete");
} else {
  console.log("The picture is DAMAGED");
  process.exitCode = 1;
}
