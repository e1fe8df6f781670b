/**
 * Stands in for `parseArgs()` of `@std/cli`. Programs read flags when they start, and the
 * first package from npm takes Deno 20 ms to load, so this is the parser of both runtimes.
 *
 * @module
 */

import { parseArgs as parse } from "node:util";

/**
 * Parses a command line.
 *
 * @param args The arguments.
 * @param options The names of the flags with text as their value. The library uses no other.
 */
export function parseArgs(
  args: readonly string[],
  { string }: { readonly string: readonly string[] },
): Record<string, unknown> & { readonly _: readonly string[] } {
  const { values, positionals } = parse({
    args: [...args],
    options: Object.fromEntries(
      string.map((name) => [name, { type: "string" }]),
    ),
    strict: false,
  });
  return { ...values, _: positionals };
}
