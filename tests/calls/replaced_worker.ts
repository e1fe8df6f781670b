/**
 * Threads that share buffers while one of them is replaced, to be run in every order of
 * steps. Their ports are queues in simulated memory; the code between is the real one.
 *
 * @module
 */

import type { MessagePort } from "node:worker_threads";
import { Parker } from "../../lib/bridge/parker.ts";
import type { Words } from "../../lib/bridge/words.ts";
import { Mailbox, type Message } from "../../lib/payloads/mailbox.ts";
import {
  MissingBufferError,
  SharedBuffers,
} from "../../lib/payloads/shared_buffers.ts";
import type { Self, SimulatedThread } from "../support/interleave/scenario.ts";

// Indices of threads. WORKER is the one that is replaced; OTHER stays.
export const MAIN = 0;
export const WORKER = 1;
export const OTHER = 2;
const THREAD_COUNT = 3;
/** Serial number of the worker that ends. */
export const FIRST = WORKER;
/** Serial number of its replacement. */
export const SECOND = WORKER + THREAD_COUNT;

// Words.
const NEWS = 0;
const SERIAL = 1;
const PARK = SERIAL + THREAD_COUNT;
const CLOSED = PARK + THREAD_COUNT;
const STARTED = CLOSED + 1;
/** By call: its state, the reference in its payload, and what was read from it. */
export const STATE = STARTED + 1;
const CALLS = 2;
const NAMED = STATE + CALLS;
export const READ = NAMED + CALLS;
const QUEUES = READ + CALLS;
const QUEUE_WORDS = 4;
const CHANNELS = 5;
export const WORD_COUNT = QUEUES + CHANNELS * 2 * QUEUE_WORDS;

// States of a call. TAKEN is the serial number of the worker, which is positive as well.
export const NOT_MADE = 0;
export const SUBMITTED = -1;
export const DONE = -2;
export const LOST = -3;

/** Read where a buffer should have been. */
export const MISSING = 99;

// Channels; the thread with the lower index has the even queue.
const MAIN_OTHER = 0;
const MAIN_FIRST = 1;
const MAIN_SECOND = 2;
const FIRST_OTHER = 3;
const SECOND_OTHER = 4;

/** How the protocol is followed; GOOD is how the library does it. */
export interface Habits {
  readonly Mailbox: typeof Mailbox;
  readonly SharedBuffers: typeof SharedBuffers;
  /** The main thread sends the new port before it stores the new serial number. */
  readonly sendsPortFirst: boolean;
  /** A thread that shares reads which worker is current. */
  readonly readsSerial: boolean;
  /** Buffers that were sent again are announced. */
  readonly announces: boolean;
  /** A worker defers calls whose buffers are missing. */
  readonly defers: boolean;
  /** The count of news is read before the mailbox. */
  readonly readsNewsFirst: boolean;
}

export const GOOD: Habits = {
  Mailbox,
  SharedBuffers,
  sendsPortFirst: true,
  readsSerial: true,
  announces: true,
  defers: true,
  readsNewsFirst: true,
};

/** One end of a channel. Only one thread ever writes a queue, and one reads it. */
class SimulatedPort {
  readonly #words: Words;
  readonly #buffers: Buffers;
  readonly #out: number;
  readonly #in: number;
  #sentCount = 0;
  #readCount = 0;
  #isClosed = false;

  constructor(words: Words, buffers: Buffers, channel: number, side: 0 | 1) {
    this.#words = words;
    this.#buffers = buffers;
    this.#out = QUEUES + (channel * 2 + side) * QUEUE_WORDS;
    this.#in = QUEUES + (channel * 2 + 1 - side) * QUEUE_WORDS;
  }

  postMessage(message: Message): void {
    if (this.#isClosed) return;
    if (this.#sentCount === QUEUE_WORDS) throw new Error("the queue is full");
    const code = this.#buffers.encode(message);
    this.#words.store(this.#out + this.#sentCount++, code);
  }

  receive(): { message: unknown } | undefined {
    if (this.#isClosed || this.#readCount === QUEUE_WORDS) return undefined;
    const code = this.#words.load(this.#in + this.#readCount);
    if (code === 0) return undefined;
    this.#readCount++;
    return { message: this.#buffers.decode(code) };
  }

  close(): void {
    this.#isClosed = true;
  }
}

const SHARE = 1;
const THREAD = 2;

/** A thread's objects for the buffers, which have numbers in the simulated memory. */
class Buffers {
  readonly #words: Words;
  readonly #byNumber = new Map<number, SharedArrayBuffer>();
  readonly #numbers = new Map<SharedArrayBuffer, number>();

  constructor(words: Words) {
    this.#words = words;
  }

  get(number: number): SharedArrayBuffer {
    let buffer = this.#byNumber.get(number);
    if (buffer === undefined) {
      buffer = new SharedArrayBuffer(0);
      this.#byNumber.set(number, buffer);
      this.#numbers.set(buffer, number);
    }
    return buffer;
  }

  numberOf(buffer: SharedArrayBuffer): number {
    return this.#numbers.get(buffer)!;
  }

  encode(message: Message): number {
    if (message.kind === "thread") return SECOND_OTHER * 10 + THREAD;
    if (message.kind !== "share") {
      throw new Error("nothing is collected or moved here");
    }
    const { sender, number } = message.reference;
    const buffer = this.numberOf(message.buffer);
    return ((sender * 10 + number) * 10 + buffer) * 10 + SHARE;
  }

  decode(code: number): Message {
    const rest = Math.floor(code / 10);
    if (code % 10 === THREAD) {
      const port = createPort(this.#words, this, rest, 1);
      return { kind: "thread", thread: WORKER, serial: SECOND, port };
    }
    const named = Math.floor(rest / 10);
    return {
      kind: "share",
      reference: { sender: Math.floor(named / 10), number: named % 10 },
      buffer: this.get(rest % 10),
    };
  }
}

function createPort(
  words: Words,
  buffers: Buffers,
  channel: number,
  side: 0 | 1,
): MessagePort {
  const port = new SimulatedPort(words, buffers, channel, side);
  return port as unknown as MessagePort;
}

/** What a thread knows and does, as lib/calls/endpoint.ts puts it together. */
export class Member {
  readonly words: Words;
  readonly habits: Habits;
  readonly mailbox: Mailbox;
  readonly sharedBuffers: SharedBuffers;
  readonly #buffers: Buffers;
  readonly #thread: number;
  readonly #parkers: readonly Parker[];
  #news = -1;
  #workerSerial = FIRST;

  constructor(words: Words, thread: number, serial: number, habits: Habits) {
    this.words = words;
    this.habits = habits;
    this.#thread = thread;
    this.#buffers = new Buffers(words);
    this.#parkers = [MAIN, WORKER, OTHER].map((other) =>
      new Parker(words, PARK + other)
    );
    const ports = channelsOf(thread, serial).map((channel, other) =>
      channel === null
        ? null
        : createPort(words, this.#buffers, channel, other > thread ? 0 : 1)
    );
    this.mailbox = new habits.Mailbox(
      ports,
      (port) => (port as unknown as SimulatedPort).receive(),
    );
    this.sharedBuffers = new habits.SharedBuffers(this.mailbox, serial, {
      threadCount: THREAD_COUNT,
      serial: (other) =>
        habits.readsSerial ? words.load(SERIAL + other) : other,
      hasClosedPorts: (other, serial) =>
        other === WORKER && words.load(CLOSED) === serial,
      notify: (threads) => {
        if (!habits.announces) return;
        words.add(NEWS, 1);
        for (const other of threads) this.unpark(other);
      },
      shared: () => {},
      moved: () => {},
      dropped: () => {},
    });
  }

  /** Makes a call, or completes it, with a payload that contains a buffer. */
  publish(call: number, buffer: number, target: number, state: number): void {
    const { words } = this;
    const { sender, number } = this.sharedBuffers.share(
      this.#buffers.get(buffer),
      [target],
    );
    words.write(NAMED + call, sender * 10 + number);
    words.store(STATE + call, state);
    this.unpark(target);
  }

  /** The buffer in the call's payload; undefined if it may still arrive. */
  read(call: number): number | undefined {
    const named = this.words.read(NAMED + call);
    try {
      return this.#buffers.numberOf(
        this.sharedBuffers.resolve(Math.floor(named / 10), named % 10),
      );
    } catch (error) {
      if (!(error instanceof MissingBufferError)) throw error;
      return error.isLost ? MISSING : undefined;
    }
  }

  /** Whether anything was announced; {@linkcode Member.readNews} takes it in. */
  get hasNews(): boolean {
    return this.words.load(NEWS) !== this.#news;
  }

  readNews(look: () => void): void {
    const { readsNewsFirst } = this.habits;
    if (readsNewsFirst) this.#news = this.words.load(NEWS);
    look();
    if (!readsNewsFirst) this.#news = this.words.load(NEWS);
  }

  /** What Endpoint.drain() does with news. */
  drainNews(settle: () => void, rejectLost: () => void): void {
    const { sharedBuffers } = this;
    this.readNews(() => {
      sharedBuffers.collect();
      const cleared = sharedBuffers.clearedCount;
      settle();
      sharedBuffers.forget(cleared);
      const serial = this.words.load(SERIAL + WORKER);
      if (serial === this.#workerSerial) return;
      this.#workerSerial = serial;
      rejectLost();
    });
  }

  unpark(thread: number): void {
    this.#parkers[thread].unpark();
  }

  /** What a worker does that ends by itself. */
  end(): void {
    this.words.store(CLOSED, FIRST);
    this.mailbox.close();
  }

  park(): void {
    this.#parkers[this.#thread].park();
  }
}

/** By thread index. */
function channelsOf(thread: number, serial: number): (number | null)[] {
  switch (thread) {
    case MAIN:
      return [null, MAIN_FIRST, MAIN_OTHER];
    case OTHER:
      return [MAIN_OTHER, FIRST_OTHER, null];
    default:
      return serial === FIRST
        ? [MAIN_FIRST, null, FIRST_OTHER]
        : [MAIN_SECOND, null, SECOND_OTHER];
  }
}

/** What the memory holds before any thread runs. */
export function prepare(words: Words): void {
  words.store(SERIAL + WORKER, FIRST);
  words.store(SERIAL + OTHER, OTHER);
}

/** The main thread, which replaces the worker of `threads[0]`: see lib/pool/pool.ts. */
export function replacer(habits: Habits): SimulatedThread {
  return {
    after: 0,
    run(words: Words) {
      const main = new Member(words, MAIN, MAIN, habits);
      const buffers = new Buffers(words);
      const sendPort = () => {
        const port = createPort(words, buffers, SECOND_OTHER, 1);
        main.mailbox.post(OTHER, {
          kind: "thread",
          thread: WORKER,
          serial: SECOND,
          port,
        });
      };
      if (habits.sendsPortFirst) sendPort();
      words.store(SERIAL + WORKER, SECOND);
      words.store(STARTED, 1);
      words.notify(STARTED);
      if (!habits.sendsPortFirst) sendPort();
      words.add(NEWS, 1);
      main.unpark(WORKER);
      main.unpark(OTHER);
    },
  };
}

/** A thread that runs under the worker's index once the main thread has started it. */
export function replacement(
  habits: Habits,
  run: (member: Member, self: Self) => void,
): SimulatedThread {
  return {
    run(words, self) {
      while (words.load(STARTED) === 0) words.wait(STARTED, 0);
      run(new Member(words, WORKER, SECOND, habits), self);
    },
  };
}
