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
import type { ClusterCallOptions } from "./cluster_view.ts";
import {
  CANCELLABLE,
  type Frame,
  KIND,
  LISTENING,
  QUEUE_LIMITED,
  readFrame,
} from "./frame.ts";
import { isStored, type Payloads } from "./payloads.ts";
import type { Replies } from "./replies.ts";
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

/** Sends a call; resolves with its result. */
export async function sendCall(
  sender: Sender,
  call: OutgoingCall,
): Promise<unknown> {
  const { signal, timeoutMs, queueTimeoutMs, queue } = call.options;
  signal?.throwIfAborted();
  const limits = { endsAt: after(timeoutMs), beginsBy: after(queueTimeoutMs) };
  for (let pauseMs = RETRY_MS.first;; pauseMs *= 2) {
    try {
      return await attempt(sender, call, limits);
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

async function attempt(
  sender: Sender,
  call: OutgoingCall,
  limits: Limits,
): Promise<unknown> {
  const { payloads, subjects, options } = sender;
  const {
    group = options.group ?? DEFAULT_GROUP,
    priority = "normal",
    signal,
  } = call.options;
  const { endsAt } = limits;
  const queueMs = msUntil(limits.beginsBy);
  const written = payloads.writeArguments({
    kind: KIND.CALL,
    flags: flagsOf(call.options, limits),
    number: endsAt === undefined ? 0 : Math.max(1, msUntil(endsAt)!),
    text: options.version,
  }, queueMs === undefined ? call.args : [...call.args, queueMs]);
  // Most are small, and not worth a turn of the event loop.
  const bytes = written instanceof Uint8Array ? written : await written;
  signal?.throwIfAborted();
  const subject = subjects.call(group, priority, call.task);
  let answer: Frame;
  try {
    answer = await ask(sender, subject, bytes, call, endsAt);
  } catch (error) {
    // The host removes what it has read; there may be none.
    await payloads.release(readFrame(bytes)).catch(() => {});
    throw error;
  }
  return await read(payloads, answer, call.task);
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

function ask(
  { payloads, replies }: Sender,
  subject: string,
  bytes: Uint8Array,
  call: OutgoingCall,
  endsAt: number | undefined,
): Promise<Frame> {
  return new Promise<Frame>((answered, failed) => {
    const end = ending(call, endsAt, (reason) => {
      replies.cancel(id);
      failed(reason);
    });
    const id = replies.send(subject, bytes, {
      task: call.task,
      reported(frame) {
        try {
          call.options.onProgress?.(payloads.readValue(frame));
        } catch (error) {
          end.disarm();
          replies.cancel(id);
          failed(error);
        }
      },
      answered(frame) {
        end.disarm();
        answered(frame);
      },
      failed(error) {
        end.disarm();
        failed(error);
      },
    });
  });
}

async function read(
  payloads: Payloads,
  answer: Frame,
  task: string,
): Promise<unknown> {
  let frame = answer;
  if (isStored(answer)) {
    frame = await payloads.fetch(answer);
    await payloads.release(answer);
  }
  if (frame.kind === KIND.RESULT) return payloads.readValue(frame);
  if (frame.kind === KIND.ERROR) {
    throw withHost(payloads.readValue(frame), frame.text);
  }
  throw new ClusterVersionError(
    `Cannot read answer of ${task}: host ${frame.text} answers with a message of unknown ` +
      `kind ${frame.kind}; run the same version of @loom/runtime on callers and hosts`,
  );
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

const NOTHING_TO_DISARM = { disarm: () => {} };

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
