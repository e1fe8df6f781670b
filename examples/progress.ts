/**
 * Shows the progress of a long call: the task reports how far it is, and the caller shows the
 * newest report.
 *
 *     deno run -A examples/progress.ts
 *     bun examples/progress.ts
 *
 * @module
 */

import { LoomArgs, LoomBuilder, report } from "../mod.ts";

const loom = LoomArgs.parse();
/** The number of digits to compute. */
const DIGITS = Number(loom.rest[0] ?? 2_000);

/** Computes digits of π, one after another, and reports how many there are. */
function digitsOfPi(count: number): string {
  let [q, r, t, k, m, x] = [1n, 0n, 1n, 1n, 3n, 3n];
  let digits = "";
  while (digits.length < count) {
    if (4n * q + r - t < m * t) {
      digits += m;
      report({ done: digits.length, of: count });
      [r, m] = [10n * (r - m * t), (10n * (3n * q + r)) / t - 10n * m];
      q *= 10n;
    } else {
      [r, m] = [
        (2n * q + r) * x,
        (q * (7n * k) + 2n + r * x) / (t * x),
      ];
      [q, t] = [q * k, t * x];
      [k, x] = [k + 1n, x + 2n];
    }
  }
  return digits;
}

await using runtime = await new LoomBuilder().withCliArgs(loom).build();
let shown = 0;
const view = runtime.with({
  onProgress(value) {
    const { done, of } = value as { done: number; of: number };
    // One line for each tenth, however many reports come.
    const tenth = Math.floor(10 * done / of);
    if (tenth > shown) console.log(`${tenth * 10} %`);
    shown = tenth;
  },
});
const digits = await view.spawnCompute(digitsOfPi, DIGITS);
console.log(`${digits[0]}.${digits.slice(1, 11)}… (${digits.length} digits)`);
