/**
 * Has the threads of a runtime record their calls, and collects what they record.
 *
 * @module
 */

import { setTimeout } from "node:timers";
import { type RecordedEvent, RecordReader } from "../bridge/recording.ts";
import type { Endpoint } from "../calls/endpoint.ts";

/** Between two collections. In that time, most programs do not fill the memory of a thread. */
const PERIOD_MS = 50;

/** The most events that are kept of one trace. */
const MAX_EVENTS = 200_000;

const recordings = new WeakMap<Endpoint, Recording>();

/** Whether the threads of one runtime record: as long as somebody needs it. Main thread only. */
export class Recording {
  readonly #endpoint: Endpoint;
  #holders = 0;
  #isPrepared = false;
  #expiry: ReturnType<typeof setTimeout> | undefined;

  private constructor(endpoint: Endpoint) {
    this.#endpoint = endpoint;
  }

  /** That of a runtime. */
  static of(endpoint: Endpoint): Recording {
    let recording = recordings.get(endpoint);
    if (recording === undefined) {
      recording = new Recording(endpoint);
      recordings.set(endpoint, recording);
    }
    return recording;
  }

  /** The threads record until {@linkcode Recording.end} is called as often as this. */
  begin(): void {
    if (!this.#isPrepared) this.#endpoint.recorder.prepare();
    this.#isPrepared = true;
    if (this.#holders++ === 0) this.#set(true);
  }

  /** See {@linkcode Recording.begin}. */
  end(): void {
    if (--this.#holders === 0) this.#set(false);
  }

  /** The threads record for so long, at least. */
  keepFor(ms: number): void {
    if (this.#expiry === undefined) this.begin();
    else clearTimeout(this.#expiry);
    this.#expiry = setTimeout(() => {
      this.#expiry = undefined;
      this.end();
    }, ms);
    this.#expiry.unref();
  }

  /** Readers of what each thread records from now on. After {@linkcode Recording.begin}. */
  readers(): RecordReader[] {
    const { recorder, control } = this.#endpoint;
    return Array.from(
      { length: control.threadCount },
      (_, thread) => new RecordReader(recorder.buffer, thread),
    );
  }

  #set(isOn: boolean): void {
    const { control, recorder } = this.#endpoint;
    control.setRecording(isOn);
    // Other threads see the news before their next call; this one may drain nothing for long.
    recorder.set(isOn);
  }
}

/** What was recorded in some time. */
export interface Recorded {
  readonly events: readonly RecordedEvent[];
  /** How many events are missing, because there were too many. */
  readonly lostCount: number;
  /** When it began and ended: see ThreadMetrics.now(). */
  readonly fromMs: number;
  readonly toMs: number;
}

/**
 * Records for some time.
 *
 * @param keepsAlive Whether the process stays alive for it.
 */
export async function record(
  endpoint: Endpoint,
  ms: number,
  keepsAlive: boolean,
): Promise<Recorded> {
  const recording = Recording.of(endpoint);
  const { metrics } = endpoint;
  recording.begin();
  const fromMs = metrics.now();
  const readers = recording.readers();
  const events: RecordedEvent[] = [];
  let lostCount = 0;
  const collect = () => {
    for (const reader of readers) {
      const read = reader.read();
      const room = Math.max(0, MAX_EVENTS - events.length);
      for (const event of read.slice(0, room)) events.push(event);
      lostCount += Math.max(0, read.length - room);
    }
  };
  try {
    let leftMs = ms;
    while (leftMs > 0) {
      await sleep(Math.min(leftMs, PERIOD_MS), keepsAlive);
      collect();
      leftMs = fromMs + ms - metrics.now();
    }
  } finally {
    recording.end();
  }
  collect();
  for (const reader of readers) lostCount += reader.lostCount;
  return { events, lostCount, fromMs, toMs: metrics.now() };
}

function sleep(ms: number, keepsAlive: boolean): Promise<void> {
  return new Promise((resolve) => {
    const timer = setTimeout(resolve, ms);
    if (!keepsAlive) timer.unref();
  });
}
