/**
 * The state of all simulated threads, and the effect of one operation on it.
 *
 * @module
 */

import type { Words } from "../../../lib/bridge/words.ts";
import type { History, Operation } from "./replay.ts";

/** A thread that waits on a word. */
export interface Waiter {
  readonly thread: number;
  readonly index: number;
  /** 0 when the thread is blocked; otherwise the number of its promise. */
  readonly ticket: number;
  /** Whether the promise is fulfilled. */
  readonly fulfilled: boolean;
}

/** The complete state between two operations. */
export interface State {
  readonly memory: Int32Array;
  /** By thread. */
  readonly histories: readonly History[];
  /** One bit per thread that has ended before it returned. */
  readonly ended: number;
  /** Oldest first: notify wakes that one. */
  readonly waiters: readonly Waiter[];
}

/** Whether the thread has ended or returned. */
export function isOver(state: State, thread: number): boolean {
  return (state.ended & (1 << thread)) !== 0 ||
    state.histories[thread].next === null;
}

/** Whether the thread can perform its next operation. */
export function canRun(state: State, thread: number): boolean {
  if (isOver(state, thread)) return false;
  const next = state.histories[thread].next!;
  if (next.kind === "settle") {
    return state.waiters.some((waiter) =>
      waiter.thread === thread && waiter.ticket === next.a && waiter.fulfilled
    );
  }
  return !state.waiters.some((waiter) =>
    waiter.thread === thread && waiter.ticket === 0
  );
}

/** The state after `thread` has ended. Its waits end with it. */
export function endThread(state: State, thread: number): State {
  return {
    ...state,
    ended: state.ended | (1 << thread),
    waiters: state.waiters.filter((waiter) => waiter.thread !== thread),
  };
}

/** The state after the next operation of `thread`. */
export function step(state: State, thread: number): State {
  const memory = state.memory.slice();
  const histories = state.histories.slice();
  const history = histories[thread];
  const operation = history.next!;
  let waiters = state.waiters;
  let result = 0;
  const holds = () => memory[operation.index] === operation.a;
  const wait = (ticket: number) => {
    waiters = [...waiters, {
      thread,
      index: operation.index,
      ticket,
      fulfilled: false,
    }];
  };
  switch (operation.kind) {
    case "wait":
      if (holds()) {
        wait(0);
        // The operation completes when the thread is notified.
        return { ...state, waiters };
      }
      break;
    case "waitAsync":
      if (holds()) wait(result = history.length + 1);
      break;
    case "notify": {
      const found = waiters.findIndex((waiter) =>
        waiter.index === operation.index && !waiter.fulfilled
      );
      if (found === -1) break;
      const waiter = waiters[found];
      const answered = waiter.ticket === 0
        ? []
        : [{ ...waiter, fulfilled: true }];
      waiters = waiters.toSpliced(found, 1, ...answered);
      if (waiter.ticket === 0) {
        histories[waiter.thread] = histories[waiter.thread].followedBy(0);
      }
      break;
    }
    case "settle":
      waiters = waiters.filter((waiter) =>
        waiter.thread !== thread || waiter.ticket !== operation.a
      );
      break;
    case "end?":
      break;
    default:
      result = access(memory, operation);
  }
  histories[thread] = histories[thread].followedBy(result);
  return { ...state, memory, histories, waiters };
}

/** Performs an operation on the memory alone and returns its result. */
function access(memory: Int32Array, operation: Operation): number {
  const { kind, index, a, b } = operation;
  if (index < 0 || index >= memory.length) {
    throw new RangeError(
      `Cannot ${kind} word ${index}: the memory has ${memory.length} words`,
    );
  }
  const old = memory[index];
  switch (kind) {
    case "load":
    case "read":
      return old;
    case "store":
    case "write":
      memory[index] = a;
      return 0;
    case "add":
      memory[index] = old + a;
      break;
    case "and":
      memory[index] = old & a;
      break;
    case "or":
      memory[index] = old | a;
      break;
    case "exchange":
      memory[index] = a;
      break;
    case "compareExchange":
      if (old === a) memory[index] = b;
      break;
    default:
      throw new TypeError(`Cannot ${kind}: it is not a memory access`);
  }
  return old;
}

/** The memory for a single thread, whose operations take effect at once. */
export function aloneOn(memory: Int32Array): Words {
  const at = (kind: Operation["kind"]) => (index: number, a = 0, b = 0) =>
    access(memory, { kind, index, a, b });
  const refuse = () => {
    throw new Error("Cannot wait: there is no other thread");
  };
  return {
    load: at("load"),
    store: at("store"),
    add: at("add"),
    and: at("and"),
    or: at("or"),
    exchange: at("exchange"),
    compareExchange: at("compareExchange"),
    read: at("read"),
    write: at("write"),
    wait: refuse,
    waitAsync: refuse,
    notify: () => {},
  };
}
