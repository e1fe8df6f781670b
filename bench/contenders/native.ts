/**
 * The same work in Rust, from tokio to rayon and back, by bench/native. It needs cargo.
 *
 * @module
 */

import { execFileSync, spawnSync } from "node:child_process";
import { existsSync, readdirSync } from "node:fs";
import { fileURLToPath } from "node:url";
import type { Contender, Figures } from "../harness/benchmark.ts";

const FOLDER = fileURLToPath(new URL("../native/", import.meta.url));
/** Where Debian's librust packages put the sources of crates. */
const DEBIAN_CRATES = "/usr/share/cargo/registry";

/**
 * The native program. Each figure is the smaller of two: with threads pinned as loom's are,
 * and with threads that the kernel places.
 */
export function nativeContender(
  benchmark: "latency" | "throughput",
  keys: readonly string[],
): Contender {
  return {
    name: "tokio + rayon",
    missing: () =>
      spawnSync("cargo", ["--version"]).status === 0
        ? undefined
        : "there is no cargo to build bench/native",
    measure: async (recorder) => {
      const program = build();
      const figureMs = String(recorder.figureMs);
      const [free, pinned] = [[], ["--pin"]].map((flags): Figures => {
        const args = [benchmark, "--ms", figureMs, ...flags];
        return JSON.parse(execFileSync(program, args, { encoding: "utf8" }));
      });
      const fastest = Object.entries(free)
        .map(([key, value]) => [key, Math.min(value, pinned[key])]);
      await recorder.recordAll(
        keys,
        () => Promise.resolve(Object.fromEntries(fastest)),
      );
    },
  };
}

/** Builds the program unless it is up to date; returns its path. */
function build(): string {
  const args = ["build", "--release", "--quiet", ...sourceOfCrates()];
  const { status, stderr } = spawnSync("cargo", args, {
    cwd: FOLDER,
    encoding: "utf8",
  });
  if (status === 0) return `${FOLDER}target/release/loom-bench-native`;
  const lines = stderr.trim().split("\n");
  const line = lines.find((line) => line.startsWith("error")) ?? lines.at(-1);
  throw new Error(`Cannot build bench/native: ${line}`);
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
