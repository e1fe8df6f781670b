/**
 * The options of tests.
 *
 * @module
 */

import type { LoomBuilder } from "../builder.ts";
import type { InlineOptions } from "./inline/runtime.ts";
import type { TestSettings } from "./settings.ts";

/** What all tests can have, with threads and without. */
export interface TestOptions extends TestSettings {
  /**
   * Whether the test has a runtime of its own, the default, or shares one with the tests of its
   * file that have the same settings. Tests that share one find what the others have left in the
   * globals of its workers.
   */
  readonly scope?: "test" | "file";
  /** Whether the test is left out. */
  readonly ignore?: boolean;
  /** Whether only this test, and others that say so, are run. */
  readonly only?: boolean;
  /** After how many milliseconds the test fails; default 30,000. */
  readonly timeoutMs?: number;
}

/** Options of {@linkcode loomTest}. */
export interface LoomTestOptions extends TestOptions {
  /** Only {@linkcode InlineTestOptions} have it. */
  readonly inline?: false;
  /**
   * Changes how the runtime is built. The builder that it gets has the other options, pins no
   * threads and reserves no CPUs.
   */
  readonly builder?: (builder: LoomBuilder) => LoomBuilder;
}

/** Options of {@linkcode loomTest} for a test without threads. */
export interface InlineTestOptions extends TestOptions {
  /** An inline runtime has no builder. */
  readonly builder?: undefined;
  /** `true`, or what {@linkcode inlineRuntime} takes in addition to settings. */
  readonly inline: true | Pick<InlineOptions, "seed" | "clock" | "date">;
}
