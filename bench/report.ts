/**
 * Writes bench/results/REPORT.md and the plots in bench/results/plots/ from the results that
 * are kept.
 *
 *     deno task bench:report        bun run bench:report
 *
 * `--folder FOLDER` reads and writes there instead.
 *
 * @module
 */

import { mkdirSync, writeFileSync } from "node:fs";
import process from "node:process";
import { fileURLToPath } from "node:url";
import { parseArgs } from "node:util";
import { readResults, resultsFolder } from "./harness/kept_results.ts";
import type { Result } from "./harness/result.ts";
import { reportMarkdown } from "./report/markdown.ts";
import { plotSvg } from "./report/plots.ts";

const { values: options } = parseArgs({
  options: { folder: { type: "string" } },
});
const folder = resultsFolder(options.folder);
const results = await readResults(folder);
if (results.length === 0) {
  console.error(
    `Cannot write a report: there are no results in ${
      fileURLToPath(folder)
    }. ` +
      "Measure some with `deno task bench --save`",
  );
  process.exitCode = 1;
} else {
  writeReport(results);
}

function writeReport(results: readonly Result[]): void {
  mkdirSync(new URL("plots/", folder), { recursive: true });
  const plots = new Map<Result, string>();
  for (const result of results) {
    const svg = plotSvg(result);
    if (svg === undefined) continue;
    const { benchmark, environment } = result;
    const path = `plots/${benchmark}_${environment.runtime.toLowerCase()}.svg`;
    writeFileSync(new URL(path, folder), svg);
    plots.set(result, path);
  }
  const report = new URL("REPORT.md", folder);
  writeFileSync(report, reportMarkdown(results, (one) => plots.get(one)));
  console.log(`${fileURLToPath(report)} and ${plots.size} plots`);
}
