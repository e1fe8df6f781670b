/**
 * Draws the Mandelbrot set with all threads and with a plain loop, and compares the pictures
 * and the times:
 *
 *     deno run -A examples/mandelbrot.ts [--width 1600] [--height 1000] [--output FILE]
 *     bun examples/mandelbrot.ts --re=-0.7435 --im=0.1314 --span=0.006
 *
 * The pixels are in shared memory. Each thread takes rows, some of which take much longer
 * than others, and writes their pixels.
 *
 * @module
 */

import { writeFile } from "node:fs/promises";
import process from "node:process";
import { encode } from "fast-png";
import { LoomBuilder, parRange } from "../mod.ts";
import { readOptions } from "./mandelbrot/options.ts";
import { CHANNELS, drawRow } from "./mandelbrot/row.ts";

const ROUNDS = 3;

const { view, output, loom } = readOptions();
const { width, height } = view;
await using runtime = await new LoomBuilder().prefix("mandelbrot")
  .withCliArgs(loom).build();
const pixels = runtime.alloc(Uint8Array, width * height * CHANNELS);
const plainPixels = new Uint8Array(pixels.length);

// The best of several rounds; during the first one, the code is still being compiled.
let plainMs = Infinity;
let parallelMs = Infinity;
for (let round = 0; round < ROUNDS; round++) {
  plainMs = Math.min(plainMs, timed(drawPlain));
  parallelMs = Math.min(parallelMs, timed(drawParallel));
}
console.log(`${width} x ${height} pixels`);
console.log(`plain loop: ${plainMs.toFixed(0)} ms`);
console.log(
  `${runtime.computeThreads + 1} threads:  ${parallelMs.toFixed(0)} ms`,
);
console.log(`Speed-up: ${(plainMs / parallelMs).toFixed(2)}`);

await writeFile(output, encode({ width, height, data: pixels, channels: 3 }));
console.log(`Written to ${output}`);
if (pixels.every((byte, i) => byte === plainPixels[i])) {
  console.log("Both pictures are the same");
} else {
  console.log("The pictures DIFFER");
  process.exitCode = 1;
}

/** Draws on the workers and on this thread, which blocks until the picture is complete. */
function drawParallel(): void {
  runtime.install(() => parRange(0, height).forEach(drawRow, view, pixels));
}

function drawPlain(): void {
  for (let y = 0; y < height; y++) drawRow(y, view, plainPixels);
}

function timed(draw: () => void): number {
  const startMs = performance.now();
  draw();
  return performance.now() - startMs;
}
