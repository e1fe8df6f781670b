/**
 * Parallel iterators over a range of numbers.
 *
 * @module
 */

import type { NumericArrayClass } from "../numeric_array.ts";
import { ParIter } from "./par_iter.ts";
import { Pipeline } from "./pipeline.ts";

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
  return new ParIter(
    new Pipeline({
      length: Math.max(0, Math.ceil((end - start) / step)),
      type: Float64Array as unknown as NumericArrayClass,
      at: (code, index) =>
        code.name(`${code.datum(start)} + ${index} * ${code.datum(step)}`),
    }),
  );
}
