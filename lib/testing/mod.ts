/**
 * For tests of programs that use loom.
 *
 * @example Usage
 * ```ts
 * import { inlineRuntime } from "@loom/runtime/testing";
 *
 * await using runtime = await inlineRuntime({ seed: 7 });
 * const slow = runtime.with({ timeoutMs: 3_600_000 }).spawnCompute(
 *   () => new Promise(() => {}),
 * );
 * slow.catch((error) => console.log(error.name)); // TimeoutError
 * await runtime.clock.advance(3_600_000);
 * ```
 *
 * @module
 */

export {
  type InlineOptions,
  InlineRuntime,
  inlineRuntime,
} from "./inline/runtime.ts";
export { loomTest } from "./loom_test.ts";
export type {
  InlineTestOptions,
  LoomTestOptions,
  TestOptions,
} from "./options.ts";
export type { TestSettings } from "./settings.ts";
export { VirtualClock } from "./inline/virtual_clock.ts";
