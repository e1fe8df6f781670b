/**
 * Draws one row of a picture of the Mandelbrot set.
 *
 * @module
 */

import { task } from "../../mod.ts";

/** The section and the size of a picture. */
export interface View {
  /** Number of pixels in a row. */
  readonly width: number;
  /** Number of rows. */
  readonly height: number;
  /** Real part of the centre. */
  readonly re: number;
  /** Imaginary part of the centre. */
  readonly im: number;
  /** Length of the shorter side in the complex plane. */
  readonly span: number;
}

/** Bytes of a pixel: red, green and blue. */
export const CHANNELS = 3;

/** The view that contains the whole set. */
export function wholeSet(width: number, height: number): View {
  return { width, height, re: -0.75, im: 0, span: 2.6 };
}

/** Points that have not escaped after this number of steps count as inside. */
const MAX_STEPS = 1000;
/** Square of the radius; a large one makes the count of steps smooth. */
const ESCAPE_RADIUS = 1e4;
/** Number of points per pixel in each direction; their colours are averaged. */
const SAMPLES = 2;

/** Colours from far outside to the edge of the set. */
const COLOURS = [
  [4, 6, 24],
  [16, 42, 110],
  [60, 150, 220],
  [255, 250, 235],
  [250, 170, 50],
  [90, 16, 50],
];

/** Draws row `y` of the view into the pixels of the whole picture. */
export const drawRow = task(
  import.meta.url,
  function drawRow(y: number, view: View, pixels: Uint8Array): void {
    const { width, height, re, im, span } = view;
    const step = span / Math.min(width, height) / SAMPLES;
    const left = (0.5 - SAMPLES * width / 2) * step;
    const top = (0.5 - SAMPLES * height / 2) * step;
    const sums = [0, 0, 0];
    for (let x = 0; x < width; x++) {
      sums.fill(0);
      for (let j = SAMPLES * y; j < SAMPLES * (y + 1); j++) {
        for (let i = SAMPLES * x; i < SAMPLES * (x + 1); i++) {
          const steps = stepsToEscape(
            re + left + i * step,
            im - top - j * step,
          );
          if (steps < MAX_STEPS) addColour(sums, steps);
        }
      }
      const at = CHANNELS * (y * width + x);
      for (let channel = 0; channel < CHANNELS; channel++) {
        pixels[at + channel] = Math.round(sums[channel] / SAMPLES ** 2);
      }
    }
  },
);

/** The number of steps of z = z² + c until the point c escapes, smoothed to a fraction. */
function stepsToEscape(re: number, im: number): number {
  if (isInLargestParts(re, im)) return MAX_STEPS;
  let zRe = 0;
  let zIm = 0;
  for (let steps = 1; steps < MAX_STEPS; steps++) {
    const next = zRe * zRe - zIm * zIm + re;
    zIm = 2 * zRe * zIm + im;
    zRe = next;
    const square = zRe * zRe + zIm * zIm;
    if (square > ESCAPE_RADIUS) {
      return Math.max(0, steps + 1 - Math.log2(Math.log(square) / 2));
    }
  }
  return MAX_STEPS;
}

/** Whether the point is in the cardioid or the disc next to it, which need no steps. */
function isInLargestParts(re: number, im: number): boolean {
  const q = (re - 0.25) ** 2 + im * im;
  return q * (q + re - 0.25) <= im * im / 4 ||
    (re + 1) ** 2 + im * im <= 1 / 16;
}

/** Adds the colour of a point that escapes, interpolated between {@linkcode COLOURS}. */
function addColour(sums: number[], steps: number): void {
  const place = Math.max(0, 1.2 * Math.log2(steps + 3.2) - 2.3);
  const index = Math.floor(place);
  const from = COLOURS[index % COLOURS.length];
  const to = COLOURS[(index + 1) % COLOURS.length];
  for (let channel = 0; channel < CHANNELS; channel++) {
    sums[channel] += from[channel] +
      (to[channel] - from[channel]) * (place - index);
  }
}
