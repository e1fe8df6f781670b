/**
 * Counts the lines of a JSON Lines file by the value of a key, and names the lines that are
 * not JSON:
 *
 *     deno run -A examples/lines.ts [--key level] [file]
 *     bun examples/lines.ts
 *
 * Without a file, it generates one. The event loop reads bytes and cuts them into lines, the
 * compute workers parse, and the loop at the end counts. Reading pauses while as many lines
 * are in flight as keep the workers busy, so the file may have any size.
 *
 * @module
 */

import { createReadStream } from "node:fs";
import process from "node:process";
import { parseArgs } from "node:util";
import { lines, LoomArgs, LoomBuilder } from "../mod.ts";

const loom = LoomArgs.parse(process.argv.slice(2));
const { values: { key }, positionals: [path] } = parseArgs({
  args: loom.rest,
  allowPositionals: true,
  options: { key: { type: "string", default: "level" } },
});

/** The value of the key in a line, as text. */
function valueIn(line: string, key: string): string {
  return String(JSON.parse(line)[key]);
}

/** A log of 10,000 lines, the last of which is cut off. */
function* generateLog(): Generator<Uint8Array> {
  const encoder = new TextEncoder();
  for (let n = 1; n < 10_000; n++) {
    const level = n % 100 === 0 ? "error" : n % 10 === 0 ? "warn" : "info";
    yield encoder.encode(`{"level":"${level}","request":${n}}\n`);
  }
  yield encoder.encode('{"level":"in');
}

await using runtime = await new LoomBuilder().prefix("lines")
  .withCliArgs(loom).build();
const bytes = path === undefined ? generateLog() : createReadStream(path);
const counts = new Map<string, number>();
const values = runtime.computeMap(lines(bytes), valueIn, {
  args: [key],
  settle: true,
});
for await (const value of values) {
  if (value.status === "fulfilled") {
    counts.set(value.value, (counts.get(value.value) ?? 0) + 1);
  } else console.error(`line ${value.index + 1}: ${value.reason.message}`);
}
for (const [value, count] of [...counts].sort(([, a], [, b]) => b - a)) {
  console.log(`${count} ${value}`);
}
