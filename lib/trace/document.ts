/**
 * Writes what ran as a document in the Trace Event format.
 *
 * @module
 */

import type { Slice } from "./slices.ts";

/**
 * One event of a trace, in the Trace Event format: times are in microseconds.
 */
export interface TraceEvent {
  /** `M` metadata, `X` something that took time, `s` and `f` the ends of an arrow. */
  readonly ph: "M" | "X" | "s" | "f";
  /** What it shows: the name of a function, or of the metadata. */
  readonly name: string;
  /** The process. */
  readonly pid: number;
  /** The track. */
  readonly tid: number;
  /** When it began, since the main thread has started. */
  readonly ts: number;
  /** How long it took. */
  readonly dur?: number;
  /** `call`, `loop` or `submit`; `__metadata`. */
  readonly cat: string;
  /** Equal at both ends of an arrow. */
  readonly id?: number;
  /** `e`: an arrow ends at what goes on at that time. */
  readonly bp?: "e";
  /** More about it. */
  readonly args?: Readonly<Record<string, unknown>>;
}

/** A document in the Trace Event format, which Perfetto and `chrome://tracing` open. */
export interface TraceDocument {
  /** All events, by time. */
  readonly traceEvents: readonly TraceEvent[];
  /** How viewers show times. */
  readonly displayTimeUnit: "ms";
  /** What the trace is of. */
  readonly otherData: {
    /** The prefix of the names of the threads. */
    readonly name: string;
    /** When the main thread has started, in milliseconds since 1970. */
    readonly startedMs: number;
    /** How many events are missing, because there were too many. */
    readonly lostEvents: number;
  };
}

/** What a trace is of. */
export interface TraceSubject {
  readonly pid: number;
  readonly name: string;
  readonly program: string;
  readonly startedMs: number;
  /** Names and CPUs of the threads, by index. */
  readonly threads: readonly {
    readonly name: string;
    readonly cpu: number | null;
    readonly threadId: number;
  }[];
  /** The name of a task. */
  taskName(task: number): string;
}

/** How long a submission is shown: it takes less, but an arrow needs something to begin at. */
const SUBMIT_US = 1;
/** Between two events on a track that have the same time. */
const STEP_US = 0.001;
/** Tracks of one thread, at most: calls that await something overlap. */
const TRACKS = 1000;

/** Something with a place on a track, before it has one. */
interface Placed {
  readonly thread: number;
  readonly name: string;
  readonly cat: string;
  readonly startUs: number;
  readonly endUs: number;
  readonly args: Record<string, unknown>;
  /** The arrow that begins or ends here. */
  readonly arrow?: { readonly ph: "s" | "f"; readonly id: number };
}

/** Makes the document. */
export function traceDocument(
  subject: TraceSubject,
  slices: readonly Slice[],
  lostEvents: number,
): TraceDocument {
  const { pid, name, startedMs, threads } = subject;
  const placed = slices.flatMap((slice, id) =>
    placedOf(subject, slice, id + 1)
  );
  const tracks = new Map<number, string>();
  const events: TraceEvent[] = [];
  for (
    const [thread, ofThread] of Map.groupBy(placed, ({ thread }) => thread)
  ) {
    for (const [depth, track] of overlapping(ofThread).entries()) {
      const tid = thread * TRACKS + depth + 1;
      const { name } = threads[thread];
      tracks.set(tid, depth === 0 ? name : `${name} (${depth + 1})`);
      for (const one of track) {
        const base = { pid, tid, ts: one.startUs };
        const dur = one.endUs - one.startUs;
        const { name, cat, args, arrow } = one;
        events.push({ ph: "X", name, cat, ...base, dur, args });
        if (arrow === undefined) continue;
        const { ph, id } = arrow;
        const end = ph === "f" ? { bp: "e" as const } : {};
        events.push({ ph, name: "call", cat: "call", id, ...base, ...end });
      }
    }
  }
  events.sort((a, b) => a.ts - b.ts);
  for (const [thread, { name }] of threads.entries()) {
    tracks.set(thread * TRACKS + 1, name);
  }
  return {
    traceEvents: [...metadata(subject, tracks), ...events],
    displayTimeUnit: "ms",
    otherData: { name, startedMs, lostEvents },
  };
}

function metadata(
  { pid, name, program, threads }: TraceSubject,
  tracks: ReadonlyMap<number, string>,
): TraceEvent[] {
  const about = (tid: number, name: string, args: Record<string, unknown>) => ({
    ph: "M" as const,
    cat: "__metadata",
    name,
    pid,
    tid,
    ts: 0,
    args,
  });
  return [
    about(1, "process_name", { name: `${name} ${program}`.trim() }),
    ...[...tracks].sort(([a], [b]) => a - b).flatMap(([tid, track]) => {
      const { cpu, threadId } = threads[Math.floor(tid / TRACKS)];
      return [
        about(tid, "thread_name", { name: track, cpu, threadId }),
        about(tid, "thread_sort_index", { sort_index: tid }),
      ];
    }),
  ];
}

/** A slice, and the submission that it comes from. */
function placedOf(
  { threads, taskName }: TraceSubject,
  slice: Slice,
  id: number,
): Placed[] {
  const { kind, thread, task, startMs, ms, failed, items, caller } = slice;
  const { submittedMs, latencyMs, isUnfinished } = slice;
  const name = task === 0 ? "(unknown)" : taskName(task);
  const run: Placed = {
    thread,
    name,
    cat: kind,
    startUs: startMs * 1000,
    endUs: (startMs + ms) * 1000,
    args: {
      ...(caller === undefined ? {} : { caller: threads[caller].name }),
      ...(items === 1 ? {} : { [kind === "loop" ? "leaves" : "items"]: items }),
      ...(failed ? { failed } : {}),
      ...(isUnfinished ? { unfinished: true } : {}),
      ...(submittedMs === undefined
        ? {}
        : { queuedMs: Math.max(0, startMs - submittedMs) }),
    },
  };
  if (submittedMs === undefined || caller === undefined) return [run];
  const startUs = submittedMs * 1000;
  return [{
    thread: caller,
    name: `submit ${name}`,
    cat: "submit",
    startUs,
    endUs: startUs + SUBMIT_US,
    args: { worker: threads[thread].name, latencyMs },
    arrow: { ph: "s", id },
  }, { ...run, arrow: { ph: "f", id } }];
}

/**
 * Puts what overlaps, without one being inside of the other, on different tracks. Submissions
 * are shortened instead, so that they fit.
 */
function overlapping(all: readonly Placed[]): Placed[][] {
  const sorted = [...all].sort((a, b) =>
    a.startUs - b.startUs || b.endUs - a.endUs
  );
  const tracks: { readonly placed: Placed[]; readonly ends: number[] }[] = [];
  let lastUs = 0;
  for (const [index, one] of sorted.entries()) {
    let { startUs, endUs } = one;
    if (one.cat === "submit") {
      startUs = Math.max(startUs, lastUs + STEP_US);
      const nextUs = sorted[index + 1]?.startUs ?? Infinity;
      endUs = Math.max(startUs + STEP_US / 2, Math.min(endUs, nextUs));
      lastUs = startUs;
    }
    let track = tracks.find(({ ends }) => {
      while (ends.length > 0 && ends.at(-1)! <= startUs) ends.pop();
      return ends.length === 0 || endUs <= ends.at(-1)! ||
        one.cat === "submit";
    });
    if (track === undefined) {
      track = { placed: [], ends: [] };
      tracks.push(track);
    }
    const outerUs = track.ends.at(-1) ?? Infinity;
    endUs = Math.min(endUs, outerUs);
    track.ends.push(endUs);
    track.placed.push({ ...one, startUs, endUs });
  }
  return tracks.map(({ placed }) => placed);
}
