/**
 * Traces of a runtime, and its latest calls.
 *
 * @module
 */

import process from "node:process";
import { MAIN_THREAD } from "../bridge/layout.ts";
import type { Endpoint } from "../calls/endpoint.ts";
import type { RuntimeFacts } from "../runtime_facts.ts";
import { taskName } from "../tasks/task_name.ts";
import type { TaskTable } from "../tasks/task_table.ts";
import { type TraceDocument, traceDocument } from "./document.ts";
import { record, Recording } from "./recording.ts";
import { endedSlices, runningSlices, type Slice } from "./slices.ts";

/** The longest trace. */
const MAX_MS = 600_000;
/** How long threads record after somebody has asked for the latest calls. */
const KEEP_MS = 5_000;
/** The most calls of one answer. */
const MAX_RECENT = 5_000;

/** A runtime, as far as this module needs it. */
export interface Traced {
  readonly endpoint: Endpoint;
  readonly facts: RuntimeFacts;
  readonly table: TaskTable;
}

/** One of the latest calls of a runtime, or a part of a parallel loop. */
export interface RecentCall {
  /** The name of the thread that ran it. */
  readonly thread: string;
  /** The name of the function. */
  readonly task: string;
  readonly kind: "call" | "loop";
  /** When it began, in milliseconds since the main thread has started. */
  readonly startMs: number;
  readonly ms: number;
  /** The name of the thread that made it; null for a part of a loop. */
  readonly caller: string | null;
  readonly failed: boolean;
  /** Whether it still runs. */
  readonly isUnfinished: boolean;
}

/** The latest calls of a runtime. */
export interface RecentCalls {
  /** When this was read, in milliseconds since the main thread has started. */
  readonly nowMs: number;
  readonly slices: readonly RecentCall[];
  /** Whether there were more. */
  readonly isCut: boolean;
}

/**
 * Records for some time, and returns the trace.
 *
 * @param keepsAlive Whether the process stays alive for it.
 * @throws {RangeError} If the time is none.
 */
export async function trace(
  { endpoint, facts, table }: Traced,
  ms: number,
  keepsAlive: boolean,
): Promise<TraceDocument> {
  requireMainThread(endpoint);
  if (!(typeof ms === "number" && ms >= 0 && ms <= MAX_MS)) {
    throw new RangeError(
      `Cannot trace: the time must be from 0 to ${MAX_MS} milliseconds, got ${
        String(ms)
      }`,
    );
  }
  const { events, lostCount, fromMs } = await record(endpoint, ms, keepsAlive);
  const slices = [...endedSlices(endpoint, events), ...runningSlices(endpoint)];
  return traceDocument(
    {
      pid: process.pid,
      name: facts.config.prefix,
      program: process.argv[1] ?? "",
      startedMs: performance.timeOrigin,
      threads: facts.threads.map(({ thread, name, cpu }) => ({
        name,
        cpu,
        threadId: endpoint.control.threadId(thread),
      })),
      taskName: namesOf(table),
    },
    slices.map((slice) => since(slice, fromMs)),
    lostCount,
  );
}

/** The calls that have ended since a time, or that still run; records for some seconds more. */
export function recentCalls(
  { endpoint, facts, table }: Traced,
  sinceMs: number,
): RecentCalls {
  requireMainThread(endpoint);
  const recording = Recording.of(endpoint);
  recording.keepFor(KEEP_MS);
  const nowMs = endpoint.metrics.now();
  // Each call has an event of its caller, too.
  const events = recording.readers().flatMap((reader) =>
    reader.latest(sinceMs, 2 * MAX_RECENT)
  );
  const found = [
    ...endedSlices(endpoint, events),
    ...runningSlices(endpoint),
  ].sort((a, b) => a.startMs + a.ms - b.startMs - b.ms);
  const nameOf = namesOf(table);
  return {
    nowMs,
    isCut: found.length > MAX_RECENT,
    slices: found.slice(-MAX_RECENT).map((slice) => ({
      thread: facts.threads[slice.thread].name,
      task: slice.task === 0 ? "(unknown)" : nameOf(slice.task),
      kind: slice.kind,
      startMs: slice.startMs,
      ms: slice.ms,
      caller: slice.caller === undefined
        ? null
        : facts.threads[slice.caller].name,
      failed: slice.failed,
      isUnfinished: slice.isUnfinished === true,
    })),
  };
}

/** The part of a slice that lies in the trace. */
function since(slice: Slice, fromMs: number): Slice {
  const { submittedMs, latencyMs, startMs, ms, ...rest } = slice;
  const begunMs = Math.max(startMs, fromMs);
  return {
    ...rest,
    startMs: begunMs,
    ms: Math.max(0, startMs + ms - begunMs),
    ...(submittedMs === undefined || submittedMs < fromMs
      ? {}
      : { submittedMs, latencyMs }),
  };
}

/** The names of tasks. Reading one takes a while. */
function namesOf(table: TaskTable): (task: number) => string {
  const names = new Map<number, string>();
  return (task) => {
    let name = names.get(task);
    if (name === undefined) {
      name = taskName(table.read(task));
      names.set(task, name);
    }
    return name;
  };
}

function requireMainThread({ thread }: Endpoint): void {
  if (thread === MAIN_THREAD) return;
  throw new Error(
    "Cannot trace: this thread is a worker; call trace() on the main thread",
  );
}
