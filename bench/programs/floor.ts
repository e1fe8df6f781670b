/**
 * The floor: a bare bridge of one worker for numbers only, without tracking, errors, values
 * or growth. It shows what the runtime allows. It is no part of the project:
 * LOOM_FLOOR_DIR names the folder of its bridge_main.mjs.
 *
 * @module
 */

import { execFileSync } from "node:child_process";
import { existsSync } from "node:fs";
import process from "node:process";
import { fileURLToPath, pathToFileURL } from "node:url";
import { RUNTIME } from "../harness/environment.ts";
import type { Contender, Figures } from "../harness/benchmark.ts";

const BESIDE_THE_PROJECT = fileURLToPath(
  new URL("../../../shared/prototype", import.meta.url),
);

/** Where each figure stands in the one line that the floor's program prints. */
const PATTERNS = {
  latency: { p50: /p50 ([\d.]+)/, p99: /p99 ([\d.]+)/ },
  throughput: {
    at10: /b10 ([\d.]+)us/,
    at100: /b100 ([\d.]+)us/,
    at1000: /b1000 ([\d.]+)us/,
  },
} as const;

/** The floor, for the benchmarks that its program answers. */
export function floorContender(benchmark: keyof typeof PATTERNS): Contender {
  const folder = process.env.LOOM_FLOOR_DIR ?? BESIDE_THE_PROJECT;
  const program = fileURLToPath(
    new URL("bridge_main.mjs", pathToFileURL(`${folder}/`)),
  );
  return {
    name: "floor",
    missing: () =>
      existsSync(program)
        ? undefined
        : "left out: LOOM_FLOOR_DIR does not name its folder",
    measure: () => {
      const run = RUNTIME === "Deno" ? ["run", "--allow-all"] : [];
      const line = execFileSync(process.execPath, [...run, program], {
        encoding: "utf8",
      });
      return Promise.resolve(parse(line, PATTERNS[benchmark]));
    },
  };
}

function parse(
  line: string,
  patterns: Readonly<Record<string, RegExp>>,
): Figures {
  const figures: Record<string, number> = {};
  for (const [key, pattern] of Object.entries(patterns)) {
    const found = pattern.exec(line);
    if (found === null) {
      throw new Error(`Cannot read the floor's figures: ${line}`);
    }
    figures[key] = Number(found[1]);
  }
  return figures;
}
