/**
 * The same work in Rust, by bench/native: from tokio to rayon and back, by hand and with the
 * crate loom-rs. It needs cargo.
 *
 * @module
 */

import { execFileSync, spawnSync } from "node:child_process";
import { existsSync, readdirSync } from "node:fs";
import { fileURLToPath } from "node:url";
import type { Contender, Figures } from "../harness/benchmark.ts";

/** Where Debian's librust packages put the sources of crates. */
const DEBIAN_CRATES = "/usr/share/cargo/registry";

/** A Rust program, in a folder of its own. */
interface NativeProgram {
  /** The folder, relative to this file. */
  readonly folder: string;
  readonly name: string;
  /** Arguments for cargo. */
  readonly cargo: readonly string[];
}

/** The benchmarks whose work a program does, which it takes as its first argument. */
type NativeBenchmark =
  | "latency"
  | "throughput"
  | "streams"
  | "parallel"
  | "startup";

/** Further arguments of each run of a program; one run without any by default. */
type Runs = readonly (readonly string[])[];

/**
 * The program of bench/native. Each figure is the smaller of two: with threads pinned as
 * loom's are, and with threads that the kernel places.
 */
export function nativeContender(
  benchmark: Exclude<NativeBenchmark, "streams">,
  keys: readonly string[],
  runs: Runs = [[]],
): Contender {
  return programContender(
    "tokio + rayon",
    keys,
    {
      folder: "../native/",
      name: "loom-bench-native",
      cargo: sourceOfCrates(),
    },
    runs.flatMap((run) => [[benchmark, ...run], [benchmark, ...run, "--pin"]]),
  );
}

/** The Rust crate loom-rs, with one tokio thread; it pins each of its threads. */
export function loomRsContender(
  benchmark: NativeBenchmark,
  keys: readonly string[],
  runs: Runs = [[]],
): Contender {
  return programContender("loom-rs", keys, {
    folder: "../native/loom_rs/",
    name: "loom-bench-loom-rs",
    cargo: [],
  }, runs.map((run) => [benchmark, ...run]));
}

/** A contender whose figures are the smallest of several runs of a program. */
function programContender(
  name: string,
  keys: readonly string[],
  program: NativeProgram,
  runs: Runs,
): Contender {
  return {
    name,
    missing: () =>
      spawnSync("cargo", ["--version"]).status === 0
        ? undefined
        : "there is no cargo to build it",
    measure: async (recorder) => {
      const path = build(program);
      const figureMs = String(recorder.figureMs);
      const measured = runs.map((args): Figures =>
        JSON.parse(
          execFileSync(path, [...args, "--ms", figureMs], { encoding: "utf8" }),
        )
      );
      await recorder.recordAll(
        keys,
        () => Promise.resolve(smallest(measured, keys)),
      );
    },
  };
}

/** The smallest number of each figure that any run has. */
function smallest(
  runs: readonly Figures[],
  keys: readonly string[],
): Figures {
  return Object.fromEntries(keys.flatMap((key): [string, number][] => {
    const numbers = runs.flatMap((run) => key in run ? [run[key]] : []);
    return numbers.length === 0 ? [] : [[key, Math.min(...numbers)]];
  }));
}

/** Builds the program unless it is up to date; returns its path. */
function build({ folder, name, cargo }: NativeProgram): string {
  const path = fileURLToPath(new URL(folder, import.meta.url));
  const args = ["build", "--release", "--quiet", ...cargo];
  const { status, stderr } = spawnSync("cargo", args, {
    cwd: path,
    encoding: "utf8",
  });
  if (status === 0) return `${path}target/release/${name}`;
  const lines = stderr.trim().split("\n");
  const line = lines.find((line) => line.startsWith("error")) ?? lines.at(-1);
  throw new Error(`Cannot build ${name}: ${line}`);
}

/** Arguments that name Debian's crates where they are installed; otherwise cargo asks crates.io. */
function sourceOfCrates(): string[] {
  const installed = existsSync(DEBIAN_CRATES) ? readdirSync(DEBIAN_CRATES) : [];
  const complete = ["libc-", "rayon-", "tokio-"].every((crate) =>
    installed.some((name) => name.startsWith(crate))
  );
  if (!complete) return [];
  return [
    "--offline",
    "--config",
    'source.crates-io.replace-with="debian"',
    "--config",
    `source.debian.directory="${DEBIAN_CRATES}"`,
  ];
}
