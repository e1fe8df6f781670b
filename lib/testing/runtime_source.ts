/**
 * Where the runtime of a test comes from.
 *
 * @module
 */

import { LoomBuilder } from "../builder.ts";
import type { LoomRuntime } from "../runtime.ts";
import { inlineRuntime } from "./inline/runtime.ts";
import type { InlineTestOptions, LoomTestOptions } from "./options.ts";
import { settingsOf, type TestSettings } from "./settings.ts";

/** How long a runtime without calls in flight may take to end, in milliseconds. */
const END_MS = 1000;

/** Options of either kind of test. */
type AnyOptions = LoomTestOptions | InlineTestOptions;

/** Gives runtimes to tests. */
export interface RuntimeSource {
  /** Whether other tests get the same runtime. */
  readonly isShared: boolean;
  /** The runtime of a test that begins. */
  open(): Promise<LoomRuntime>;
  /** The test has ended and left nothing. */
  close(runtime: LoomRuntime): Promise<void>;
}

/** A runtime for each test. */
export class OwnRuntimes implements RuntimeSource {
  /** See {@linkcode RuntimeSource}. */
  readonly isShared: boolean = false;
  readonly #options: AnyOptions;

  constructor(options: AnyOptions) {
    this.#options = options;
  }

  /** See {@linkcode RuntimeSource}. */
  open(): Promise<LoomRuntime> {
    return build(this.#options);
  }

  /** See {@linkcode RuntimeSource}. */
  close(runtime: LoomRuntime): Promise<void> {
    // Nobody waits for cancelled calls that go on.
    const graceMs = runtime.isIdle() ? END_MS : 0;
    return runtime.blockUntilIdle({ graceMs });
  }
}

/** One runtime for several tests. If a test ends it, the next one gets another. */
export class SharedRuntime implements RuntimeSource {
  static readonly #all: SharedRuntime[] = [];
  /** See {@linkcode RuntimeSource}. */
  readonly isShared: boolean = true;
  readonly #options: AnyOptions;
  readonly #key: string;
  #runtime: LoomRuntime | undefined;

  private constructor(options: AnyOptions) {
    this.#options = options;
    this.#key = keyOf(options);
  }

  /** The one for all tests with such options. */
  static of(options: AnyOptions): SharedRuntime {
    const key = keyOf(options);
    const known = SharedRuntime.#all.find((one) =>
      one.#key === key && one.#options.builder === options.builder
    );
    if (known !== undefined) return known;
    const shared = new SharedRuntime(options);
    SharedRuntime.#all.push(shared);
    return shared;
  }

  /** See {@linkcode RuntimeSource}. */
  async open(): Promise<LoomRuntime> {
    if (this.#runtime !== undefined) return this.#runtime;
    const runtime = this.#runtime = await build(this.#options);
    runtime.waitForShutdown().then(() => {
      if (this.#runtime === runtime) this.#runtime = undefined;
    });
    return runtime;
  }

  /** See {@linkcode RuntimeSource}. */
  async close(): Promise<void> {}

  /** The last test has ended. */
  async end(): Promise<void> {
    await this.#runtime?.blockUntilIdle({ graceMs: END_MS });
  }
}

/** Builds the runtime of a test. */
async function build(
  options: AnyOptions,
): Promise<LoomRuntime> {
  const settings = settingsOf(options);
  if (options.inline) {
    const more = options.inline === true ? {} : options.inline;
    return await inlineRuntime({ ...settings, ...more });
  }
  const builder = withSettings(settings);
  return await (options.builder?.(builder) ?? builder).build();
}

/** Each setting is a method of the builder. */
function withSettings(settings: TestSettings): LoomBuilder {
  // Test runners run files side by side, and pinned threads would share CPUs.
  const builder = new LoomBuilder().pinThreads(false).reserve(false);
  const methods = builder as unknown as Record<
    string,
    (value: unknown) => LoomBuilder
  >;
  for (const [name, value] of Object.entries(settings)) methods[name](value);
  return builder;
}

/** What runtimes are built with, as far as that can be compared as text. */
function keyOf(options: AnyOptions): string {
  return JSON.stringify([settingsOf(options), options.inline]);
}
