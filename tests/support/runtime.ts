/**
 * Runtimes for tests that do not care where threads run.
 *
 * @module
 */

import { LoomBuilder } from "../../mod.ts";

/** A builder of such a runtime; unpinned, so that any machine has CPUs enough. */
export function unpinned(computeThreads: number): LoomBuilder {
  return new LoomBuilder().prefix("test").pinThreads(false)
    .computeThreads(computeThreads);
}
