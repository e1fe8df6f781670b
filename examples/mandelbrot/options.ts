/**
 * The command line of the Mandelbrot example.
 *
 * @module
 */

import { parseArgs } from "node:util";
import { LoomArgs } from "../../mod.ts";
import { positiveInteger } from "../positive_integer.ts";
import { type View, wholeSet } from "./row.ts";

/** The options of the command line. */
export interface Options {
  readonly view: View;
  /** The file to write the picture to. */
  readonly output: string;
  /** The flags of loom. */
  readonly loom: LoomArgs;
}

/** Parses the command line; throws if it is invalid. */
export function readOptions(): Options {
  const loom = LoomArgs.parse();
  const { values } = parseArgs({
    args: loom.rest,
    options: {
      width: { type: "string", default: "1600" },
      height: { type: "string", default: "1000" },
      re: { type: "string" },
      im: { type: "string" },
      span: { type: "string" },
      output: { type: "string", short: "o", default: "mandelbrot.png" },
    },
  });
  const whole = wholeSet(
    positiveInteger("width", values.width),
    positiveInteger("height", values.height),
  );
  const view = {
    ...whole,
    re: finite("re", values.re, whole.re),
    im: finite("im", values.im, whole.im),
    span: finite("span", values.span, whole.span),
  };
  return { view, output: values.output, loom };
}

function finite(
  name: string,
  text: string | undefined,
  otherwise: number,
): number {
  if (text === undefined) return otherwise;
  const number = text.trim() === "" ? NaN : Number(text);
  if (Number.isFinite(number)) return number;
  throw new Error(`Cannot read --${name}: it must be a number, got ${text}`);
}
