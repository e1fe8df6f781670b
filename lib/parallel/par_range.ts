/**
 * Parallel iterators over a range of numbers.
 *
 * @module
 */

import { ParIter } from "./par_iter.ts";
import { NUMBERS, Pipeline } from "./pipeline.ts";
import { Shape } from "./shape.ts";

/**
 * Returns a parallel iterator over the numbers `start`, `start + step` and so on.
 *
 * @param end Where the range ends; not included.
 * @param step Distance between two numbers; negative to count down.
 * @throws {RangeError} If an argument is not finite or `step` is 0.
 *
 * @example Usage
 * ```ts
 * import { LoomBuilder, parRange } from "@loom/runtime";
 *
 * await using runtime = await new LoomBuilder().build();
 * const sum = runtime.install(() => parRange(1, 101).map((n) => n * n).sum());
 * console.log(sum); // 338350
 * ```
 */
export function parRange(
  start: number,
  end: number,
  step = 1,
): ParIter<number, Float64Array<SharedArrayBuffer>> {
  if (![start, end, step].every(Number.isFinite) || step === 0) {
    throw new RangeError(
      `Cannot make range: start, end and step must be finite, and step not 0, got ` +
        `${start}, ${end} and ${step}`,
    );
  }
  const length = Math.max(0, Math.ceil((end - start) / step));
  const values = { functions: [], data: [start, step] };
  return new ParIter(new Pipeline(RANGE, values, length, NUMBERS));
}

const RANGE = new Shape((code, index) =>
  code.name(`${code.datum()} + ${index} * ${code.datum()}`)
);
