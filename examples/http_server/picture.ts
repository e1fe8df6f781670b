/**
 * The heavy work of the web server, about 40 ms of computing.
 *
 * @module
 */

import { encode } from "fast-png";
import { task } from "../../mod.ts";
import { CHANNELS, drawRow, wholeSet } from "../mandelbrot/row.ts";

/** Draws the Mandelbrot set as a PNG. */
export const drawPng = task(
  import.meta.url,
  function drawPng(width: number, height: number): Uint8Array {
    const view = wholeSet(width, height);
    const data = new Uint8Array(width * height * CHANNELS);
    for (let y = 0; y < height; y++) drawRow(y, view, data);
    return encode({ width, height, data, channels: CHANNELS });
  },
);
