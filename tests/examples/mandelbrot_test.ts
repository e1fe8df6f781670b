import assert from "node:assert/strict";
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { decode } from "fast-png";
import {
  CHANNELS,
  drawRow,
  type View,
  wholeSet,
} from "../../examples/mandelbrot/row.ts";
import { type ProgramEnd, runProgram } from "../support/program.ts";
import { test } from "../support/test.ts";

function mandelbrot(...args: string[]): Promise<ProgramEnd> {
  return runProgram("../../../examples/mandelbrot.ts", args);
}

function draw(view: View): Uint8Array {
  const pixels = new Uint8Array(view.width * view.height * CHANNELS);
  for (let y = 0; y < view.height; y++) drawRow(y, view, pixels);
  return pixels;
}

/** The red, green and blue of the pixel of a point. */
function colourAt(pixels: Uint8Array, view: View, re: number, im: number) {
  const { width, height, span } = view;
  const perPixel = span / Math.min(width, height);
  const x = Math.floor(width / 2 + (re - view.re) / perPixel);
  const y = Math.floor(height / 2 - (im - view.im) / perPixel);
  const at = CHANNELS * (y * width + x);
  return [...pixels.subarray(at, at + CHANNELS)];
}

test("The Mandelbrot example writes the same picture as a plain loop", async () => {
  const folder = mkdtempSync(join(tmpdir(), "loom-mandelbrot-"));
  try {
    const output = join(folder, "picture.png");
    const { code, stdout, stderr } = await mandelbrot(
      ...["--width", "150", "--height", "90", "--output", output],
      ...["--re=-0.6", "--im=0.1", "--span=2.4"],
      ...["--loom-compute-threads=3", "--no-loom-pin-threads"],
    );
    assert.deepEqual([code, stderr], [0, ""]);
    assert.match(stdout, /^150 x 90 pixels\nplain loop: \d+ ms\n4 threads: /);
    assert.match(stdout, /^Speed-up: \d+\.\d\d$/m);
    assert.match(stdout, /^Both pictures are the same$/m);
    const { width, height, channels, depth, data } = decode(
      readFileSync(output),
    );
    assert.deepEqual([width, height, channels, depth], [150, 90, CHANNELS, 8]);
    const view = { width, height, re: -0.6, im: 0.1, span: 2.4 };
    const expected = draw(view);
    assert.equal(data.findIndex((byte, i) => byte !== expected[i]), -1);
  } finally {
    rmSync(folder, { recursive: true });
  }
});

for (const [width, height] of [[160, 100], [100, 160]]) {
  test(`A picture of ${width} x ${height} pixels contains the whole set in black`, () => {
    const view = wholeSet(width, height);
    const pixels = draw(view);
    const black = [0, 0, 0];
    // The cardioid, the discs left, above and below, and a small one far left.
    for (
      const [re, im] of [[0, 0], [-1, 0], [-0.12, 0.74], [-0.12, -0.74], [
        -1.31,
        0,
      ]]
    ) {
      assert.deepEqual(colourAt(pixels, view, re, im), black, `${re} ${im}`);
    }
    for (const [re, im] of [[0.5, 0], [-1, 0.5], [-0.8, -0.25], [-2.02, 0]]) {
      assert.notDeepEqual(colourAt(pixels, view, re, im), black, `${re} ${im}`);
    }
  });
}

test("Outside the set, the colours of neighbouring pixels differ by small steps", () => {
  const view = { width: 64, height: 48, re: 0.6, im: 0.9, span: 0.3 };
  const pixels = draw(view);
  const row = view.width * CHANNELS;
  for (let at = row; at < pixels.length; at++) {
    const neighbours = at % row < CHANNELS
      ? [at - row]
      : [at - row, at - CHANNELS];
    for (const neighbour of neighbours) {
      const change = Math.abs(pixels[at] - pixels[neighbour]);
      assert.ok(change <= 4, `by ${change} at byte ${at}`);
    }
  }
  assert.ok(new Set(pixels).size > 50); // not a single colour
});

test("The Mandelbrot example reports invalid numbers", async () => {
  for (
    const [arg, message] of [
      [
        "--width=0",
        "Cannot read --width: it must be a positive integer, got 0",
      ],
      ["--span=wide", "Cannot read --span: it must be a number, got wide"],
    ]
  ) {
    const { code, stderr } = await mandelbrot(arg, "--output=/dev/null");
    assert.equal(code, 1);
    assert.ok(stderr.includes(message), stderr);
  }
});
