/**
 * Merges settings from a file, the environment, code and flags, and shows the origin of
 * each:
 *
 *     deno run -A examples/config.ts --loom-cpuset 0 --loom-compute-threads=1 -- own args
 *     LOOM_PREFIX=env bun run examples/config.ts --no-loom-pin-threads
 *
 * @module
 */

import process from "node:process";
import { formatExplain, LoomArgs, LoomBuilder } from "../mod.ts";

const args = LoomArgs.parse();
if (args.rest.includes("--help")) {
  console.log(
    `Usage: config.ts [options] [-- arguments]\n\n${LoomArgs.help()}`,
  );
  process.exit();
}

// The order of these calls does not matter: defaults < file < environment < code
// < flags.
await using runtime = await new LoomBuilder()
  .withCliArgs(args)
  .file(new URL("./loom.toml", import.meta.url))
  .file("loom.local.toml", { optional: true })
  .envPrefix("LOOM")
  .computePoolSize(256)
  .build();

console.log(formatExplain(runtime.explain()));
console.log(`\n${runtime}`);
console.log("Other arguments:", args.rest);
