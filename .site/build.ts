/**
 * Builds the site: the guide by VitePress, and the reference of all exports by `deno doc`.
 *
 *     deno task docs [--base /loom/] [--serve]
 *
 * The site is in `.site/dist/`, for a server that has it under `--base`, which is `/` when
 * not given. `--serve` shows it on this machine. VitePress is installed here and not with
 * the other dependencies, because nothing else needs it.
 *
 * @module
 */

import { spawnSync } from "node:child_process";
import { cpSync, mkdirSync, rmSync } from "node:fs";
import { dirname, join } from "node:path";
import process from "node:process";
import { parseArgs } from "node:util";
import { findFaults } from "./links.ts";
import { PAGES, pages, REFERENCE, ROOT, sitePath } from "./pages.ts";
import { writeReference } from "./reference.ts";

const SITE = join(ROOT, ".site");
const VITEPRESS = ["run", "-A", "node_modules/vitepress/bin/vitepress.js"];

const { values: { base, serve } } = parseArgs({
  options: {
    base: { type: "string", default: "/" },
    serve: { type: "boolean", default: false },
  },
});

deno("install", "--frozen", "--quiet");
copyPages();
await writeReference(REFERENCE, join(PAGES, "public/docs/index.html"));
deno(...VITEPRESS, "build", ".", "--base", base);
checkLinks();
console.log(`Built ${join(SITE, "dist")}`);
if (serve) deno(...VITEPRESS, "preview", ".", "--base", base);

/** Copies the pages, and the pictures that they show, to where VitePress looks for them. */
function copyPages(): void {
  rmSync(PAGES, { recursive: true, force: true });
  for (const path of pages()) {
    const target = join(PAGES, sitePath(path));
    mkdirSync(dirname(target), { recursive: true });
    cpSync(join(ROOT, path), target);
  }
  const plots = "bench/results/plots";
  cpSync(join(ROOT, plots), join(PAGES, plots), { recursive: true });
}

function checkLinks(): void {
  const faults = findFaults(join(SITE, "dist"), base);
  if (faults.length === 0) return;
  console.error(faults.join("\n"));
  throw new Error(
    `Cannot publish the site: ${faults.length} links or files are wrong; see above`,
  );
}

/** Runs Deno in the folder of the site. */
function deno(...args: string[]): void {
  const { status, signal } = spawnSync(process.execPath, args, {
    cwd: SITE,
    stdio: "inherit",
  });
  if (status !== 0) {
    throw new Error(
      `Cannot build the site: deno ${args.join(" ")} ended with ${
        status ?? signal
      }`,
    );
  }
}
