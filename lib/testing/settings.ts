/**
 * The settings of runtimes for tests.
 *
 * @module
 */

import type { LoomConfig } from "../config/schema.ts";

/** The settings that every runtime for tests has, with threads and without. */
export interface TestSettings extends
  Partial<
    Pick<
      LoomConfig,
      | "prefix"
      | "asyncThreads"
      | "computeThreads"
      | "computePoolSize"
      | "maxPayloadBytes"
      | "maxQueuedCalls"
      | "callsPerWorker"
      | "cancelGraceMs"
    >
  > {}

/** What they are by default: small, but with two workers, so that calls overtake others. */
const DEFAULTS: Readonly<Record<keyof TestSettings, unknown>> = {
  prefix: "test",
  asyncThreads: undefined,
  computeThreads: 2,
  computePoolSize: undefined,
  maxPayloadBytes: undefined,
  maxQueuedCalls: undefined,
  callsPerWorker: undefined,
  cancelGraceMs: undefined,
};

/** The settings among options, and the defaults of the others. */
export function settingsOf(options: TestSettings): TestSettings {
  const settings = Object.entries(DEFAULTS).map(([name, value]) =>
    [name, options[name as keyof TestSettings] ?? value] as const
  );
  return Object.fromEntries(
    settings.filter(([, value]) => value !== undefined),
  );
}
