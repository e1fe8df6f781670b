/**
 * What each thread records of its calls while the runtime is traced.
 *
 * @module
 */

import { LINE_WORDS } from "./layout.ts";

// The memory has no bytes until the first recording. Then it has, for each thread:
//   name     written by    meaning
//   HEAD     the thread    number of events that it has written, modulo 2³²; the store that
//                          publishes them
//   EVENTS   the thread    the latest of them: event n is in place n % RECORDED_EVENTS
//
// Event, in float64:
//   0   START   milliseconds, see ThreadMetrics.now()
//   1   MS      how long it took
//   2   WHAT    items, whether it failed, task and kind: see Recorder.add()
//   3   CALL    which call: equal on both ends of it
//
// A reader copies events, then loads HEAD again, and drops those that may have been written
// over meanwhile: see README.md.

/** A call, as its caller sees it: from the submission until the outcome is there. */
export const EVENT_CALL = 0;
/** A call, as the worker sees it that runs it. */
export const EVENT_RUN = 1;
/** Some leaves of a parallel loop, on the thread that runs them. */
export const EVENT_LEAVES = 2;

/** Number of events of a thread that are kept. A power of two. */
export const RECORDED_EVENTS: number = 1 << 15;

/**
 * Number of the oldest events that a reader does not trust: the thread may be writing over them.
 * One would do if all CPUs performed plain writes and atomic stores in the order of the code.
 */
const UNSAFE_EVENTS = 64;

const EVENT_FLOATS = 4;
const HEAD_BYTES = LINE_WORDS * 4;
const THREAD_BYTES = HEAD_BYTES + RECORDED_EVENTS * EVENT_FLOATS * 8;

const KINDS = 4;
/** More than there are numbers of tasks. */
const TASKS = 1 << 17;

/** Creates the memory for `threadCount` threads: address space, until it is used. */
export function createRecording(threadCount: number): SharedArrayBuffer {
  return new SharedArrayBuffer(0, {
    maxByteLength: threadCount * THREAD_BYTES,
  });
}

/** Where the events of a thread are. */
class ThreadEvents {
  readonly head: Int32Array<SharedArrayBuffer>;
  readonly floats: Float64Array<SharedArrayBuffer>;

  constructor(buffer: SharedArrayBuffer, thread: number) {
    const first = thread * THREAD_BYTES;
    this.head = new Int32Array(buffer, first, 1);
    this.floats = new Float64Array(
      buffer,
      first + HEAD_BYTES,
      RECORDED_EVENTS * EVENT_FLOATS,
    );
  }
}

/** Records the events of the calling thread. */
export class Recorder {
  /** Whether it records. */
  isOn = false;
  /** What {@linkcode createRecording} has returned. */
  readonly buffer: SharedArrayBuffer;
  readonly #thread: number;
  readonly #watchers: ((isOn: boolean) => void)[] = [];
  #events: ThreadEvents | undefined;
  #head = 0;

  constructor(buffer: SharedArrayBuffer, thread: number) {
    this.buffer = buffer;
    this.#thread = thread;
  }

  /** Calls a function now, and whenever this thread begins or ends to record. */
  watch(watcher: (isOn: boolean) => void): void {
    this.#watchers.push(watcher);
    watcher(this.isOn);
  }

  /** Makes room for the events of all threads. Main thread only, before the others record. */
  prepare(): void {
    this.buffer.grow(this.buffer.maxByteLength);
  }

  /** Records from now on, or no more. */
  set(isOn: boolean): void {
    if (isOn === this.isOn) return;
    if (this.#events === undefined) {
      this.#events = new ThreadEvents(this.buffer, this.#thread);
      // The worker that this one replaces may have written some.
      this.#head = Atomics.load(this.#events.head, 0);
    }
    this.isOn = isOn;
    for (const watcher of this.#watchers) watcher(isOn);
  }

  /**
   * Writes an event. Only while {@linkcode Recorder.isOn}.
   *
   * @param items Number of items, of a call that has several, or of leaves.
   */
  add(
    kind: number,
    startMs: number,
    ms: number,
    task: number,
    call: number,
    failed: boolean,
    items: number,
  ): void {
    const { floats, head } = this.#events!;
    const place = (this.#head & (RECORDED_EVENTS - 1)) * EVENT_FLOATS;
    floats[place] = startMs;
    floats[place + 1] = ms;
    floats[place + 2] =
      ((items * 2 + (failed ? 1 : 0)) * TASKS + task) * KINDS +
      kind;
    floats[place + 3] = call;
    this.#head = (this.#head + 1) | 0;
    Atomics.store(head, 0, this.#head);
  }
}

/** An event, as readers see it. */
export interface RecordedEvent {
  /** {@linkcode EVENT_CALL}, {@linkcode EVENT_RUN} or {@linkcode EVENT_LEAVES}. */
  readonly kind: number;
  /** The thread that has recorded it. */
  readonly thread: number;
  readonly startMs: number;
  readonly ms: number;
  readonly task: number;
  readonly call: number;
  readonly failed: boolean;
  readonly items: number;
}

/** Reads what one thread has recorded, from the creation of the reader on. */
export class RecordReader {
  /** Number of events that were written over before they were read. */
  lostCount = 0;
  readonly #thread: number;
  readonly #events: ThreadEvents;
  #seen: number;

  /** @param buffer Memory that has been prepared: see {@linkcode Recorder.prepare}. */
  constructor(buffer: SharedArrayBuffer, thread: number) {
    this.#thread = thread;
    this.#events = new ThreadEvents(buffer, thread);
    this.#seen = Atomics.load(this.#events.head, 0);
  }

  /** The events since the last call of this, or since the reader exists, oldest first. */
  read(): RecordedEvent[] {
    const end = Atomics.load(this.#events.head, 0);
    const count = (end - this.#seen) | 0;
    const events = this.#copy(end, Math.min(count, RECORDED_EVENTS));
    this.lostCount += count - events.length;
    this.#seen = end;
    return events.reverse();
  }

  /**
   * The latest events, newest first, whatever was read before.
   *
   * @param sinceMs Those that ended before that time are left out.
   * @param most Their number, at most.
   */
  latest(sinceMs: number, most: number): RecordedEvent[] {
    const end = Atomics.load(this.#events.head, 0);
    return this.#copy(end, Math.min(most, RECORDED_EVENTS), sinceMs);
  }

  /** Copies so many events before event `end`, the latest first. */
  #copy(end: number, count: number, sinceMs: number = 0): RecordedEvent[] {
    const { head, floats } = this.#events;
    const events: RecordedEvent[] = [];
    for (let age = 1; age <= count; age++) {
      const place = ((end - age) & (RECORDED_EVENTS - 1)) * EVENT_FLOATS;
      const event = this.#event(floats, place);
      // No event begins at 0: there are no more.
      if (event.startMs === 0 || event.startMs + event.ms < sinceMs) break;
      events.push(event);
    }
    const written = (Atomics.load(head, 0) - end) | 0;
    const room = RECORDED_EVENTS - UNSAFE_EVENTS - written;
    return events.slice(0, Math.max(0, room));
  }

  #event(floats: Float64Array, place: number): RecordedEvent {
    const what = floats[place + 2];
    const rest = Math.floor(what / KINDS / TASKS);
    return {
      kind: what % KINDS,
      thread: this.#thread,
      startMs: floats[place],
      ms: floats[place + 1],
      task: Math.floor(what / KINDS) % TASKS,
      call: floats[place + 3],
      failed: rest % 2 === 1,
      items: Math.floor(rest / 2),
    };
  }
}
