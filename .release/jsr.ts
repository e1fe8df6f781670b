/**
 * Publishes the package to JSR. There, `@std/…` are the packages of the standard library,
 * and not those that stand in for them where JSR is out of reach.
 *
 *     deno task release:jsr [--dry-run] [option of deno publish ...]
 *
 * @module
 */

import { spawnSync } from "node:child_process";
import {
  cpSync,
  mkdtempSync,
  readFileSync,
  rmSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import process from "node:process";
import { fileURLToPath } from "node:url";

const ROOT = fileURLToPath(new URL("..", import.meta.url));

/** What the package imports from JSR. */
const STANDARD: Readonly<Record<string, string>> = {
  "@std/cli/parse-args": "jsr:@std/cli@^1.0.32/parse-args",
  "@std/toml": "jsr:@std/toml@^1.0.11",
  "@std/yaml": "jsr:@std/yaml@^1.2.0",
};

const folder = mkdtempSync(join(tmpdir(), "loom-jsr-"));
try {
  const { name, version, license, exports, publish, ...development } = read();
  const imports = { ...development.imports, ...STANDARD };
  for (const path of publish.include) {
    cpSync(join(ROOT, path), join(folder, path), { recursive: true });
  }
  const config = { name, version, license, exports, publish, imports };
  writeFileSync(join(folder, "deno.json"), JSON.stringify(config, null, 2));
  const { status } = spawnSync(
    process.execPath,
    ["publish", ...process.argv.slice(2)],
    { cwd: folder, stdio: "inherit" },
  );
  process.exitCode = status ?? 1;
} finally {
  rmSync(folder, { recursive: true });
}

function read() {
  return JSON.parse(readFileSync(join(ROOT, "deno.json"), "utf8"));
}
