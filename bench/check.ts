/**
 * Compares ratios of loom to other contenders with those stored in bench/baseline.json for
 * this runtime, to find out whether loom has become slower.
 *
 *     deno task bench:check [benchmark ...] [option ...]
 *     bun run bench:check [benchmark ...] [option ...]
 *
 * `--help` lists the options.
 *
 * A ratio is that of the best rounds. A ratio that differs is measured again with more
 * rounds. The check fails when one is still more than 1.5 times the stored one, or when
 * none is stored.
 *
 * @module
 */

import { spawnSync } from "node:child_process";
import {
  existsSync,
  mkdtempSync,
  readFileSync,
  rmSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import process from "node:process";
import { fileURLToPath } from "node:url";
import { parseArgs } from "node:util";
import { isUnmet, judgeBars } from "./check/bar_verdicts.ts";
import { barTable, verdictTable } from "./check/tables.ts";
import {
  type Baseline,
  isFailure,
  judge,
  updated,
  type Verdict,
} from "./check/verdicts.ts";
import { WATCHED } from "./check/watched.ts";
import { LOOM_FLAGS, OWN_ARGS } from "./harness/command_line.ts";
import { RUNTIME } from "./harness/environment.ts";
import { readResults, resultsFolder } from "./harness/kept_results.ts";
import type { Result } from "./harness/result.ts";
import { benchmarkPath } from "./benchmarks.ts";

const USAGE = `Usage: bench:check [benchmark ...] [option ...]

  --rounds N   how many rounds (3; 9 with --update)
  --ms N       how long to measure each figure, in milliseconds (250)
  --update     store the measured ratios in bench/baseline.json
  --brief      one short round, for information: the exit code is always 0
  --bars       print the kept results of both runtimes beside the limits for loom
  --folder DIR read the kept results there instead of in bench/results/
  --loom-…     settings of the runtimes of loom`;

/** So many times as many rounds: one takes a second, and its figures vary more. */
const MORE_ROUNDS: Readonly<Record<string, number>> = { first_calls: 5 };

const BASELINE = fileURLToPath(new URL("baseline.json", import.meta.url));

try {
  const { values, positionals } = parseArgs({
    args: OWN_ARGS,
    allowPositionals: true,
    options: {
      rounds: { type: "string" },
      ms: { type: "string" },
      update: { type: "boolean" },
      brief: { type: "boolean" },
      bars: { type: "boolean" },
      folder: { type: "string" },
      help: { type: "boolean", short: "h" },
    },
  });
  const { rounds, ms, brief = false, update = false } = values;
  if (values.help) {
    console.log(USAGE);
  } else if (values.bars) {
    await checkBars(resultsFolder(values.folder));
  } else {
    const names = benchmarks(positionals);
    const options = {
      rounds: Number(rounds ?? (brief ? 1 : update ? 9 : 3)),
      ms: Number(ms ?? (brief ? 50 : 250)),
    };
    if (brief) inform(names, options);
    else checkRatios(names, options, update);
  }
} catch (error) {
  console.error((error as Error).message);
  process.exitCode = 1;
}

interface Options {
  readonly rounds: number;
  readonly ms: number;
}

/** The named benchmarks, or all that have a watched ratio. */
function benchmarks(names: readonly string[]): string[] {
  const watched = [...new Set(WATCHED.map(({ benchmark }) => benchmark))];
  for (const name of names) {
    if (!watched.includes(name)) {
      throw new Error(
        `Cannot check ${name}: no ratio of it is watched. Watched are: ${
          watched.join(", ")
        }`,
      );
    }
  }
  return names.length > 0 ? [...names] : watched;
}

function checkRatios(
  names: readonly string[],
  options: Options,
  update: boolean,
): void {
  const baseline = readBaseline();
  const stored = baseline[RUNTIME] ?? {};
  const results = names.map((name) => measure(name, options));
  const first = judge(WATCHED, results, stored);
  if (update) {
    print(first, options);
    const ratios = { ...baseline, [RUNTIME]: updated(stored, first) };
    writeFileSync(BASELINE, `${JSON.stringify(ratios, null, 2)}\n`);
    console.log(`\nStored in ${BASELINE}`);
    return;
  }
  const verdicts = again(results, first, options);
  print(verdicts, options);
  if (verdicts.some(isFailure)) {
    throw new Error("\nThe check fails: see the table above");
  }
}

/** Prints the ratios and never fails: a short round proves nothing. */
function inform(names: readonly string[], options: Options): void {
  const results = names.flatMap((name) => {
    try {
      return [measure(name, options)];
    } catch (error) {
      console.log((error as Error).message);
      return [];
    }
  });
  print(judge(WATCHED, results, readBaseline()[RUNTIME] ?? {}), options);
  console.log("\nFor information only: so short a measurement proves nothing");
}

function print(verdicts: readonly Verdict[], { ms }: Options): void {
  console.log(`\n${RUNTIME}, ${ms} ms for each figure of each round\n`);
  console.log(verdictTable(verdicts));
}

/** Measures benchmarks again, and longer, whose ratios differ: other load may be the cause. */
function again(
  results: readonly Result[],
  verdicts: readonly Verdict[],
  options: Options,
): Verdict[] {
  const suspects = new Set(
    verdicts.filter(({ kind }) => kind === "worse" || kind === "better")
      .map(({ benchmark }) => benchmark),
  );
  if (suspects.size === 0) return [...verdicts];
  console.error(
    `Measures again, because ratios differ: ${[...suspects].join(", ")}`,
  );
  const longer = { ...options, rounds: 2 * options.rounds + 1 };
  return judge(
    WATCHED,
    results.map((result) =>
      suspects.has(result.benchmark)
        ? measure(result.benchmark, longer)
        : result
    ),
    readBaseline()[RUNTIME] ?? {},
  );
}

/** Measures loom and the contenders that it is compared with, in a process of its own. */
function measure(benchmark: string, options: Options): Result {
  const { ms } = options;
  const rounds = options.rounds * (MORE_ROUNDS[benchmark] ?? 1);
  const folder = mkdtempSync(join(tmpdir(), "loom-bench-"));
  const file = join(folder, "result.json");
  const others = WATCHED.filter((one) => one.benchmark === benchmark)
    .map(({ to }) => to);
  const args = [
    ...RUNTIME === "Deno" ? ["run", "--allow-all", "--quiet"] : [],
    benchmarkPath(benchmark),
    ...["--rounds", String(rounds), "--ms", String(ms), "--json", file],
    ...["--only", ["loom", ...new Set(others)].join()],
    ...LOOM_FLAGS,
  ];
  try {
    const { status } = spawnSync(process.execPath, args, {
      stdio: ["ignore", "ignore", "inherit"],
    });
    if (status !== 0) throw new Error(`Cannot measure ${benchmark}`);
    return JSON.parse(readFileSync(file, "utf8"));
  } finally {
    rmSync(folder, { recursive: true });
  }
}

function readBaseline(): Baseline {
  return existsSync(BASELINE) ? JSON.parse(readFileSync(BASELINE, "utf8")) : {};
}

async function checkBars(folder: URL): Promise<void> {
  const results = await readResults(folder);
  const Deno = judgeBars(results, "Deno");
  const Bun = judgeBars(results, "Bun");
  console.log(barTable({ Deno, Bun }));
  if ([...Deno, ...Bun].some(isUnmet)) {
    throw new Error("\nNot every bar is met: see the table above");
  }
}
