/**
 * Checks the runtime and its permissions.
 *
 * @module
 */

import process from "node:process";
import type { Check } from "./check.ts";

/** The oldest versions that the tests run on. */
const OLDEST = { Deno: "2.9.6", Bun: "1.4.5" } as const;

/** The parts of the runtimes' namespaces used here. */
interface Runtimes {
  readonly Deno?: {
    readonly version: { readonly deno: string; readonly v8: string };
    readonly permissions: {
      querySync(descriptor: { name: "ffi" }): { readonly state: string };
    };
  };
  readonly Bun?: { readonly version: string };
}

/** Checks the name and version of the runtime. */
export function checkRuntime(
  runtimes: Runtimes = globalThis as Runtimes,
): Check {
  const name = runtimes.Deno ? "Deno" : runtimes.Bun ? "Bun" : undefined;
  const system = `${process.platform} ${process.arch}`;
  if (name === undefined) {
    return {
      name: "runtime",
      state: "failed",
      detail: `neither Deno nor Bun, on ${system}`,
      remedy: `run loom with Deno ${OLDEST.Deno} or Bun ${OLDEST.Bun}`,
    };
  }
  const version = runtimes.Deno?.version.deno ?? runtimes.Bun?.version ?? "";
  const engine = runtimes.Deno ? ` (V8 ${runtimes.Deno.version.v8})` : "";
  const found = {
    name: "runtime",
    detail: `${name} ${version}${engine} on ${system}`,
    data: { name, version, platform: process.platform, arch: process.arch },
  };
  return isOlder(version, OLDEST[name])
    ? {
      ...found,
      state: "warning",
      remedy: `upgrade: loom is tested with ${name} ${OLDEST[name]} and newer`,
    }
    : { ...found, state: "ok" };
}

/** Checks whether native libraries may be loaded. */
export function checkFfiPermission(
  runtimes: Runtimes = globalThis as Runtimes,
): Check {
  const name = "FFI permission";
  const { Deno } = runtimes;
  if (Deno === undefined) {
    return { name, state: "ok", detail: "not needed in Bun" };
  }
  const granted = Deno.permissions.querySync({ name: "ffi" }).state ===
    "granted";
  return granted
    ? { name, state: "ok", detail: "granted by --allow-ffi" }
    // Single paths may still be granted; the checks of libraries report that.
    : {
      name,
      state: "warning",
      detail: "not granted for every library",
      remedy: "start Deno with --allow-ffi",
    };
}

function isOlder(version: string, oldest: string): boolean {
  const [have, need] = [version, oldest].map((text) =>
    text.split(/[.-]/).slice(0, 3).map(Number)
  );
  for (const [index, part] of need.entries()) {
    if (have[index] !== part) return have[index] < part;
  }
  return false;
}
