/**
 * One call on its way to a host and back.
 *
 * @module
 */

import { performance } from "node:perf_hooks";
import {
  ClusterVersionError,
  QueueFullError,
  TimeoutError,
} from "../errors.ts";
import type { Carrier } from "../observers/observers.ts";
import type { ClusterCallOptions } from "./cluster_view.ts";
import { headerBytes } from "./connection.ts";
import {
  CANCELLABLE,
  type Frame,
  KIND,
  LISTENING,
  QUEUE_LIMITED,
  readFrame,
} from "./frame.ts";
import { isStored, type Payloads } from "./payloads.ts";
import type { Replies, WaitingCall } from "./replies.ts";
import { DEFAULT_GROUP, type Subjects } from "./subjects.ts";

/** What a call is sent with. */
export interface Sender {
  readonly payloads: Payloads;
  readonly replies: Replies;
  readonly subjects: Subjects;
  readonly options: { readonly group?: string; readonly version?: string };
}

/** A call. */
export interface OutgoingCall {
  /** Name of the task. */
  readonly task: string;
  readonly args: readonly unknown[];
  readonly options: ClusterCallOptions;
  /** What goes along in headers. */
  readonly carrier?: Carrier | undefined;
}

/** Pauses between attempts when hosts are full. */
const RETRY_MS = { first: 10, most: 500 };

/** Longest time of a timer. */
const MAX_TIMER_MS = 2 ** 31 - 1;

/** When a call ends, and when it must have begun; undefined if it has as long as it takes. */
interface Limits {
  readonly endsAt: number | undefined;
  readonly beginsBy: number | undefined;
}

const NOTHING_TO_DISARM: { disarm(): void } = { disarm: () => {} };
const NO_LIMITS: Limits = { endsAt: undefined, beginsBy: undefined };

/** Sends a call; resolves with its result. */
export function sendCall(sender: Sender, call: OutgoingCall): Promise<unknown> {
  const { signal, timeoutMs, queueTimeoutMs, queue } = call.options;
  const isPlain = signal === undefined && timeoutMs === undefined &&
    queueTimeoutMs === undefined && queue !== "wait";
  // A promise for each step would take longer than the steps.
  return isPlain
    ? new Attempt(sender, call, NO_LIMITS).result
    : sendWithin(sender, call);
}

async function sendWithin(
  sender: Sender,
  call: OutgoingCall,
): Promise<unknown> {
  const { signal, timeoutMs, queueTimeoutMs, queue } = call.options;
  signal?.throwIfAborted();
  const limits = { endsAt: after(timeoutMs), beginsBy: after(queueTimeoutMs) };
  for (let pauseMs = RETRY_MS.first;; pauseMs *= 2) {
    try {
      return await new Attempt(sender, call, limits).result;
    } catch (error) {
      if (queue !== "wait" || !(error instanceof QueueFullError)) throw error;
    }
    const jitter = 0.5 + Math.random();
    const leftMs = msUntil(limits.beginsBy);
    if (leftMs === 0) throw new TimeoutError("queueTimeoutMs", queueTimeoutMs!);
    const ms = Math.min(pauseMs, RETRY_MS.most) * jitter;
    await pause(Math.min(ms, leftMs ?? ms), call, limits.endsAt);
  }
}

function after(ms: number | undefined): number | undefined {
  return ms === undefined || ms === Infinity
    ? undefined
    : performance.now() + ms;
}

function msUntil(time: number | undefined): number | undefined {
  if (time === undefined) return undefined;
  return Math.max(0, Math.ceil(time - performance.now()));
}

/** A call that is sent once. */
class Attempt implements WaitingCall {
  readonly task: string;
  /** Settles with the result, or with what the task threw. */
  readonly result: Promise<unknown>;
  readonly #sender: Sender;
  readonly #call: OutgoingCall;
  readonly #limits: Limits;
  #resolve!: (result: unknown) => void;
  #reject!: (reason: unknown) => void;
  #request: Uint8Array | undefined;
  #end = NOTHING_TO_DISARM;
  #id: string | undefined;

  constructor(sender: Sender, call: OutgoingCall, limits: Limits) {
    this.task = call.task;
    this.#sender = sender;
    this.#call = call;
    this.#limits = limits;
    this.result = new Promise((resolve, reject) => {
      this.#resolve = resolve;
      this.#reject = reject;
    });
    try {
      const written = this.#write();
      // Most are small, and not worth a turn of the event loop.
      if (written instanceof Uint8Array) this.#send(written);
      else written.then((bytes) => this.#send(bytes)).catch(this.#reject);
    } catch (error) {
      this.#reject(error);
    }
  }

  reported(frame: Frame): void {
    try {
      const value = this.#sender.payloads.readValue(frame);
      this.#call.options.onProgress?.(value);
    } catch (error) {
      this.#leave(error);
    }
  }

  answered(frame: Frame): void {
    this.#end.disarm();
    try {
      if (isStored(frame)) this.#resolve(this.#fetch(frame));
      else this.#resolve(this.#read(frame));
    } catch (error) {
      this.#reject(error);
    }
  }

  failed(error: unknown): void {
    this.#end.disarm();
    // The host removes what it has read; there may be none.
    const request = readFrame(this.#request!);
    if (!isStored(request)) return this.#reject(error);
    this.#sender.payloads.release(request).catch(() => {})
      .then(() => this.#reject(error));
  }

  #write(): Uint8Array | Promise<Uint8Array> {
    const { args, options, carrier } = this.#call;
    const { endsAt, beginsBy } = this.#limits;
    const queueMs = msUntil(beginsBy);
    return this.#sender.payloads.writeArguments(
      {
        kind: KIND.CALL,
        flags: flagsOf(options, this.#limits),
        number: endsAt === undefined ? 0 : Math.max(1, msUntil(endsAt)!),
        text: this.#sender.options.version,
      },
      queueMs === undefined ? args : [...args, queueMs],
      carrier === undefined ? 0 : headerBytes(carrier),
    );
  }

  #send(request: Uint8Array): void {
    const { replies, subjects, options } = this.#sender;
    const {
      group = options.group ?? DEFAULT_GROUP,
      priority = "normal",
      signal,
    } = this.#call.options;
    this.#request = request;
    if (signal?.aborted) return this.failed(signal.reason);
    this.#end = ending(
      this.#call,
      this.#limits.endsAt,
      (reason) => this.#leave(reason),
    );
    const subject = subjects.call(group, priority, this.task);
    try {
      this.#id = replies.send(subject, request, this, this.#call.carrier);
    } catch (error) {
      this.failed(error);
    }
  }

  /** Rejects before the answer; the host ends the call. */
  #leave(reason: unknown): void {
    if (this.#id !== undefined) this.#sender.replies.cancel(this.#id);
    this.failed(reason);
  }

  async #fetch(answer: Frame): Promise<unknown> {
    const { payloads } = this.#sender;
    const frame = await payloads.fetch(answer);
    await payloads.release(answer);
    return this.#read(frame);
  }

  #read(frame: Frame): unknown {
    const { payloads } = this.#sender;
    if (frame.kind === KIND.RESULT) return payloads.readValue(frame);
    if (frame.kind === KIND.ERROR) {
      throw withHost(payloads.readValue(frame), frame.text);
    }
    throw new ClusterVersionError(
      `Cannot read answer of ${this.task}: host ${frame.text} answers with a message of ` +
        `unknown kind ${frame.kind}; run the same version of @loom/runtime on callers and ` +
        "hosts",
    );
  }
}

function flagsOf(
  { signal, onProgress }: ClusterCallOptions,
  { endsAt, beginsBy }: Limits,
): number {
  const isListening = onProgress !== undefined;
  const mayEnd = signal !== undefined || endsAt !== undefined || isListening;
  return (mayEnd ? CANCELLABLE : 0) | (isListening ? LISTENING : 0) |
    (beginsBy === undefined ? 0 : QUEUE_LIMITED);
}

/** Adds the name of the host to what a task threw. */
export function withHost(thrown: unknown, host: string): unknown {
  if (thrown instanceof Error && !Object.hasOwn(thrown, "host")) {
    Object.defineProperty(thrown, "host", {
      value: host,
      configurable: true,
      writable: true,
    });
  }
  return thrown;
}

/** Ends a call early: by its signal, or because its time is up. */
function ending(
  { task, options: { signal, timeoutMs } }: OutgoingCall,
  endsAt: number | undefined,
  end: (reason: unknown) => void,
): { disarm(): void } {
  if (signal === undefined && endsAt === undefined) return NOTHING_TO_DISARM;
  const onAbort = () => {
    disarm();
    end(signal!.reason);
  };
  const timer = endsAt === undefined ? undefined : setTimeout(() => {
    disarm();
    end(
      new TimeoutError(
        "timeoutMs",
        timeoutMs!,
        `Cannot finish ${task}: it has not ended within timeoutMs, which is ${timeoutMs}`,
      ),
    );
  }, Math.min(msUntil(endsAt)!, MAX_TIMER_MS));
  const disarm = () => {
    clearTimeout(timer);
    signal?.removeEventListener("abort", onAbort);
  };
  signal?.addEventListener("abort", onAbort);
  return { disarm };
}

function pause(
  ms: number,
  call: OutgoingCall,
  endsAt: number | undefined,
): Promise<void> {
  return new Promise((settle, reject) => {
    const end = ending(call, endsAt, (reason) => {
      clearTimeout(timer);
      reject(reason);
    });
    const timer = setTimeout(() => {
      end.disarm();
      settle();
    }, ms);
  });
}
