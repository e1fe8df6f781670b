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

/**
 * The program of bench/native. Each figure is the smaller of two: with threads pinned as
 * loom's are, and with threads that the kernel places.
 */
export function nativeContender(
  benchmark: "latency" | "throughput",
  keys: readonly string[],
): Contender {
  return programContender("tokio + rayon", keys, {
    folder: "../native/",
    name: "loom-bench-native",
    cargo: sourceOfCrates(),
  }, [[benchmark], [benchmark, "--pin"]]);
}

/** The Rust crate loom-rs, with one thread of each kind, which it pins. */
export function loomRsContender(
  benchmark: "latency" | "throughput" | "streams",
  keys: readonly string[],
): Contender {
  return programContender("loom-rs", keys, {
    folder: "../native/loom_rs/",
    name: "loom-bench-loom-rs",
    cargo: [],
  }, [[benchmark]]);
}

/** A contender whose figures are the smallest of several runs of a program. */
function programContender(
  name: string,
  keys: readonly string[],
  program: NativeProgram,
  runs: readonly (readonly string[])[],
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
      const fastest = keys.flatMap((key) =>
        key in measured[0]
          ? [[key, Math.min(...measured.map((figures) => figures[key]))]]
          : []
      );
      await recorder.recordAll(
        keys,
        () => Promise.resolve(Object.fromEntries(fastest)),
      );
    },
  };
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
