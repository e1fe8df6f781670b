// @ts-check
/**
 * From snapshots, which have counts since the start, to what happened between them.
 *
 * @module
 */

/** @import { Buckets, Point, Snapshot, TaskView, ThreadView, WorkerEnd } from "./types.ts" */

/** How much the charts show, in milliseconds. */
export const HISTORY_MS = 300_000;

/** For how long a thread is marked after one of its workers was lost. */
const MARK_MS = 20_000;

/** A longer pause between snapshots is a gap in the charts. */
const GAP_MS = 5_000;

/** What has been seen of one program. */
export class History {
  /** @type {Snapshot | undefined} */
  #last;
  /** When a worker of each thread was lost last. @type {Map<string, number>} */
  #lostAt = new Map();

  /** In ascending order of time. @type {Point[]} */
  points = [];
  /** @type {ThreadView[]} */
  threads = [];
  /** @type {TaskView[]} */
  tasks = [];
  /** In ascending order of time. @type {WorkerEnd[]} */
  ends = [];

  /** The newest snapshot. */
  get last() {
    return this.#last;
  }

  /**
   * Takes the next snapshot. That of another process begins a new history.
   *
   * @param {Snapshot} snapshot
   * @returns {void}
   */
  add(snapshot) {
    if (this.#last !== undefined && isOther(this.#last, snapshot)) {
      this.#last = undefined;
      this.#lostAt.clear();
      this.points = [];
      this.ends = [];
    }
    const before = this.#last ?? snapshot;
    const { timeMs } = snapshot.metrics;
    for (const end of endsBetween(before, snapshot)) {
      this.ends.push(end);
      if (end.kind === "lost") this.#lostAt.set(end.thread, timeMs);
    }
    this.threads = threadViews(before, snapshot, (name) => {
      const lostAt = this.#lostAt.get(name);
      return lostAt !== undefined && timeMs - lostAt < MARK_MS;
    });
    this.tasks = taskViews(before, snapshot);
    if (before !== snapshot) {
      this.points.push(pointBetween(before, snapshot, this.threads));
      while (this.points[0].timeMs < timeMs - HISTORY_MS) this.points.shift();
    }
    this.#last = snapshot;
  }
}

/**
 * @param {Snapshot} before
 * @param {Snapshot} now
 */
function isOther(before, now) {
  return before.pid !== now.pid || before.startedMs !== now.startedMs ||
    now.metrics.timeMs < before.metrics.timeMs;
}

/**
 * The workers that have ended between two snapshots.
 *
 * @param {Snapshot} before
 * @param {Snapshot} now
 * @returns {WorkerEnd[]}
 */
export function endsBetween(before, now) {
  const old = byName(before.metrics.threads);
  const kinds = /** @type {const} */ (["lost", "recycled"]);
  return now.metrics.threads.flatMap((thread) =>
    kinds.filter((kind) => thread[kind] > (old.get(thread.name)?.[kind] ?? 0))
      .map((kind) => ({
        timeMs: now.metrics.timeMs,
        thread: thread.name,
        kind,
        total: thread[kind],
      }))
  );
}

/**
 * @param {Snapshot} before
 * @param {Snapshot} now
 * @param {readonly ThreadView[]} threads
 * @returns {Point}
 */
function pointBetween(before, now, threads) {
  const { metrics } = now;
  const elapsedMs = metrics.timeMs - before.metrics.timeMs;
  /** @param {"settledCalls" | "failed"} key */
  const perSecond = (key) =>
    rate(
      sum(metrics.threads, (thread) => thread[key]),
      sum(before.metrics.threads, (thread) => thread[key]),
      elapsedMs,
    );
  const latency = between(before.buckets.latency, now.buckets.latency);
  const delay = between(
    before.buckets.eventLoopDelay,
    now.buckets.eventLoopDelay,
  );
  return {
    timeMs: metrics.timeMs,
    afterGap: elapsedMs > GAP_MS,
    callsPerSecond: perSecond("settledCalls"),
    failedPerSecond: perSecond("failed"),
    busyWorkers: sum(threads, ({ isMain, load }) => isMain ? 0 : load),
    queued: metrics.compute.queued + metrics.async.queued,
    running: metrics.compute.running + metrics.async.running,
    latencyP50: latency.p50,
    latencyP99: latency.p99,
    loopDelayP50: delay.p50,
    loopDelayP99: delay.p99,
    rssBytes: now.rssBytes,
    arenaUsedBytes: metrics.arenaUsedBytes,
  };
}

/**
 * @param {Snapshot} before
 * @param {Snapshot} now
 * @param {(name: string) => boolean} wasJustLost
 * @returns {ThreadView[]}
 */
function threadViews(before, now, wasJustLost) {
  const old = byName(before.metrics.threads);
  const elapsedMs = now.metrics.timeMs - before.metrics.timeMs;
  const seen = { async: 0, compute: 0 };
  return now.metrics.threads.map((thread, index) => {
    const was = old.get(thread.name) ?? thread;
    const busyMs = thread.busyMs - was.busyMs;
    const letter = thread.role === "async" ? "A" : "C";
    return {
      name: thread.name,
      short: `${letter}${seen[thread.role]++}`,
      role: thread.role,
      isMain: index === 0,
      cpu: thread.cpu,
      threadId: thread.threadId,
      state: thread.state,
      load: elapsedMs === 0 ? 0 : Math.min(1, Math.max(0, busyMs / elapsedMs)),
      running: thread.running,
      runs: thread.runs,
      runsPerSecond: rate(thread.runs, was.runs, elapsedMs),
      failed: thread.failed,
      parksPerSecond: rate(thread.parks, was.parks, elapsedMs),
      lost: thread.lost,
      recycled: thread.recycled,
      wasJustLost: wasJustLost(thread.name),
    };
  });
}

/**
 * @param {Snapshot} before
 * @param {Snapshot} now
 * @returns {TaskView[]}
 */
function taskViews(before, now) {
  const old = byName(before.metrics.tasks);
  const elapsedMs = now.metrics.timeMs - before.metrics.timeMs;
  return now.metrics.tasks.map((task) => {
    const was = old.get(task.name);
    // The first snapshot has no interval; a function that it lacks was not run before.
    const isFirst = before === now;
    return {
      ...task,
      runsPerSecond: isFirst ? 0 : rate(task.runs, was?.runs ?? 0, elapsedMs),
      busyThreads: isFirst
        ? 0
        : rate(task.totalMs, was?.totalMs ?? 0, elapsedMs) / 1000,
    };
  });
}

/**
 * Percentiles of what was added to a set of times, in milliseconds; 0 if nothing was.
 *
 * @param {Buckets} before
 * @param {Buckets} now
 * @returns {{ p50: number, p99: number }}
 */
export function between(before, now) {
  const old = new Map(before.map(({ endMs, count }) => [endMs, count]));
  const added = now.map(({ endMs, count }) => ({
    endMs,
    count: Math.max(0, count - (old.get(endMs) ?? 0)),
  }));
  const total = sum(added, ({ count }) => count);
  /** @param {number} part */
  const percentile = (part) => {
    let seen = 0;
    return added.find(({ count }) => {
      seen += count;
      return count > 0 && seen >= total * part;
    })?.endMs ?? 0;
  };
  return { p50: percentile(0.5), p99: percentile(0.99) };
}

/**
 * @param {number} now
 * @param {number} before
 * @param {number} elapsedMs
 */
function rate(now, before, elapsedMs) {
  return elapsedMs <= 0 ? 0 : Math.max(0, now - before) * 1000 / elapsedMs;
}

/**
 * @template T
 * @param {readonly T[]} all
 * @param {(one: T) => number} of
 */
function sum(all, of) {
  return all.reduce((total, one) => total + of(one), 0);
}

/**
 * @template {{ readonly name: string }} T
 * @param {readonly T[]} all
 * @returns {Map<string, T>}
 */
function byName(all) {
  return new Map(all.map((one) => [one.name, one]));
}
