/**
 * Formats the output of the demo.
 *
 * @module
 */

import process from "node:process";
import { Presets, SingleBar } from "cli-progress";
import type { LoomRuntime } from "../../mod.ts";
import type { CorpusCounts } from "./count.ts";
import type { Corpus } from "./files.ts";
import { readKernelThread } from "./kernel_threads.ts";

/** The durations of a run, in milliseconds. */
export interface Times {
  readonly label: string;
  readonly ms: readonly number[];
}

/** A progress bar on a terminal; has no effect elsewhere. */
export interface Progress {
  /** Shows the current phase. */
  phase(name: string): void;
  /** Adds processed bytes. */
  add(bytes: number): void;
  /** Removes the bar. */
  stop(): void;
}

/** Starts to show progress. */
export function showProgress(totalBytes: number): Progress {
  if (!process.stdout.isTTY) {
    return { phase: () => {}, add: () => {}, stop: () => {} };
  }
  const bar = new SingleBar({
    stream: process.stdout,
    format: "{bar} {percentage}%  {phase}",
    hideCursor: true,
    clearOnComplete: true,
  }, Presets.shades_classic);
  bar.start(totalBytes, 0, { phase: "" });
  return {
    phase: (phase) => bar.update({ phase }),
    add: (bytes) => bar.increment(bytes),
    stop: () => bar.stop(),
  };
}

/** Formats the number and size of the files. */
export function formatCorpus(
  folder: string,
  corpus: Corpus,
  maxBytes: number,
): string {
  const { files, bytes, cut } = corpus;
  return `${files.length} files, ${megabytes(bytes)} MB in ${folder}` +
    (cut ? ` (the first ${maxBytes / 1e6} MB; --max-mb N for more)` : "");
}

/** Formats the numbers of skipped files, by reason. */
export function formatSkipped(
  ...counts: ReadonlyMap<string, number>[]
): string {
  const total = new Map<string, number>();
  for (const [reason, count] of counts.flatMap((map) => [...map])) {
    total.set(reason, (total.get(reason) ?? 0) + count);
  }
  const parts = [...total].map(([reason, count]) => `${count} ${reason}`);
  return `Skipped: ${parts.join(", ") || "none"}`;
}

/** Formats the threads, with the kernel's data about them. */
export function formatThreads(runtime: LoomRuntime): string {
  const rows = runtime.threads().map(({ name, role, threadId }) => {
    const kernel = readKernelThread(threadId);
    return [
      name,
      role,
      threadId === 0 ? "?" : String(threadId),
      kernel?.name ?? "?",
      kernel?.allowedCpus ?? "?",
      kernel?.lastCpu ?? "?",
    ];
  });
  const title = [
    "thread",
    "role",
    "id",
    "kernel's name",
    "may use CPU",
    "ran on",
  ];
  const note = rows.some((row) => row.includes("?"))
    ? [
      process.platform === "linux"
        ? "?: the id of a thread is known only if it is pinned"
        : "?: data about threads is available on Linux only",
    ]
    : [];
  return [...table([title, ...rows]), ...note].join("\n");
}

/** Formats the most frequent words. */
export function formatWords(counts: CorpusCounts): string {
  const rows = counts.mostFrequent(10).map((
    [word, count],
  ) => [word, count.toLocaleString("en")]);
  return table([["word", "times"], ...rows], [1]).join("\n");
}

/** Formats the times of both runs and the speed-up. */
export function formatTimes(
  counts: CorpusCounts,
  one: Times,
  loom: Times,
): string {
  const rows = [one, loom].map(({ label, ms }) => {
    const seconds = median(ms) / 1000;
    return [
      label,
      `${median(ms).toFixed(1)} ms`,
      `${Math.min(...ms).toFixed(1)} to ${Math.max(...ms).toFixed(1)}`,
      (counts.fileCount / seconds).toFixed(0),
      megabytes(counts.bytes / seconds),
    ];
  });
  const title = ["run", "median", `of ${one.ms.length}`, "files/s", "MB/s"];
  return [
    ...table([title, ...rows], [1, 2, 3, 4]),
    "",
    `Speed-up over one thread: ${speedUp(one, loom).toFixed(2)}`,
  ].join("\n");
}

/** How many times faster `loom` is than `one`. */
function speedUp(one: Times, loom: Times): number {
  return median(one.ms) / median(loom.ms);
}

function median(values: readonly number[]): number {
  const sorted = [...values].sort((a, b) => a - b);
  const middle = sorted.length >> 1;
  return sorted.length % 2 === 1
    ? sorted[middle]
    : (sorted[middle - 1] + sorted[middle]) / 2;
}

function megabytes(bytes: number): string {
  return (bytes / 1e6).toFixed(1);
}

/** Aligns cells in columns; those in `right` are aligned to the right. */
function table(rows: string[][], right: readonly number[] = []): string[] {
  const widths = rows[0].map((_, column) =>
    Math.max(...rows.map((row) => row[column].length))
  );
  return rows.map((row) =>
    row.map((cell, column) =>
      right.includes(column)
        ? cell.padStart(widths[column])
        : cell.padEnd(widths[column])
    ).join("  ").trimEnd()
  );
}
