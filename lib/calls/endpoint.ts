/**
 * One thread's side of the bridge.
 *
 * @module
 */

import type { MessagePort } from "node:worker_threads";
import type { ShutdownError } from "../errors.ts";
import { Arena } from "../bridge/arena.ts";
import { Caller } from "./caller.ts";
import type { CallInFlight } from "./call_slots.ts";
import type { CallerHost } from "./caller_host.ts";
import { Control } from "../bridge/control.ts";
import { COUNT_SHARED_BYTES, ThreadMetrics } from "../bridge/metrics.ts";
import type { Lane } from "../bridge/lane.ts";
import { Lanes } from "../bridge/lanes.ts";
import { Recorder } from "../bridge/recording.ts";
import type { TaskGuard } from "../bridge/task_guard.ts";
import type { BridgeMemory } from "../bridge/memory.ts";
import { DisposedValues } from "../payloads/disposed_values.ts";
import { Texts } from "../bridge/texts.ts";
import { Deadlines } from "../limits/deadlines.ts";
import { ASYNC, COMPUTE, type PoolKind } from "../bridge/layout.ts";
import type { EndpointHost } from "./endpoint_host.ts";
import type { IdleMemory } from "../payloads/idle_memory.ts";
import { LostWorkers } from "./lost_workers.ts";
import { Mailbox } from "../payloads/mailbox.ts";
import { ResultParts } from "../payloads/message_buffers.ts";
import { MovedObjects } from "../payloads/moved_objects.ts";
import { lookAfterMemory } from "./owned_memory.ts";
import { LoopState } from "./loop_state.ts";
import { LARGE_BYTES, Payloads } from "../payloads/payloads.ts";
import { SharedBuffers } from "../payloads/shared_buffers.ts";
import { stuckCall } from "./stuck_call.ts";
import type { WaitingCall } from "./waiting_calls.ts";
import type { Waits } from "./waits.ts";

/** Everything that one thread needs to make calls, serve calls and share buffers. */
export class Endpoint implements CallerHost {
  /** Whether completions will be drained; changed only by the loop of this thread. */
  readonly loop: LoopState = new LoopState();
  /** Whether a submission was interrupted: see {@linkcode CallerHost}. */
  isInterrupted = false;
  /** What code of this thread waits for in addition to calls; undefined until it does. */
  waits: Waits | undefined;
  /** See {@linkcode CallerHost}. */
  diagnostics: CallerHost["diagnostics"];
  /** Tasks on this thread's event loop for which shutdown waits. */
  taskCount = 0;
  /** Whether other threads may rely on it that this one has tracked work in flight. */
  hasTrackedWork: boolean;
  /** Index of this thread; the main one is 0. */
  readonly thread: number;
  /** Serial number of this thread, unique among all workers of the runtime. */
  readonly serial: number;
  /** The loop of this thread. */
  readonly host: EndpointHost;
  /** The deadlines of this thread. */
  readonly deadlines: Deadlines;
  /** The control block. */
  readonly control: Control;
  /** What this thread counts. */
  readonly metrics: ThreadMetrics;
  /** What it records while the runtime is traced. */
  readonly recorder: Recorder;
  /** Decides whether this thread may be ended. */
  readonly guard: TaskGuard;
  /** Reads and writes payloads. */
  readonly payloads: Payloads;
  /** The memory that only large payloads need. */
  readonly memory: IdleMemory;
  /** Messages to and from other threads. */
  readonly mailbox: Mailbox;
  /** SharedArrayBuffers, which are passed by reference. */
  readonly sharedBuffers: SharedBuffers;
  /** Objects that calls move. */
  readonly moved: MovedObjects;
  /** Makes calls to the compute workers. */
  readonly compute: Caller;
  /** Makes calls to the event-loop workers; undefined when there are none. */
  readonly async: Caller | undefined;
  /** The lanes of all threads. */
  readonly lanes: Lanes;
  readonly #workers: readonly (readonly number[])[];
  readonly #callers: readonly Caller[];
  readonly #disposed: DisposedValues;
  readonly #lost: LostWorkers;
  #news = -1;

  /**
   * @param thread Index of this thread.
   * @param serial Serial number of this thread.
   * @param ports Ports to the other threads, by thread index.
   */
  constructor(
    memory: BridgeMemory,
    thread: number,
    serial: number,
    ports: (MessagePort | null)[],
    host: EndpointHost,
  ) {
    const { length } = memory.results;
    const control = this.control = new Control(memory.control, length);
    this.thread = thread;
    // Only the main thread reads the words, and it counts its own work itself.
    this.hasTrackedWork = thread === 0;
    this.serial = serial;
    const guard = this.guard = control.guard(thread);
    this.deadlines = new Deadlines((look) => guard.uncut(look), host.clock);
    const metrics = this.metrics = new ThreadMetrics(memory.metrics, thread);
    this.recorder = new Recorder(memory.recording, thread);
    this.mailbox = new Mailbox(ports);
    this.sharedBuffers = new SharedBuffers(this.mailbox, serial, {
      threadCount: control.threadCount,
      serial: (other) => control.serial(other),
      hasClosedPorts: (other, serial) => control.hasClosedPorts(other, serial),
      notify: (threads) => this.#notify(threads),
      moved: (message) => this.moved.open(message),
      shared: (bytes) => metrics.counts[COUNT_SHARED_BYTES] += bytes,
      dropped: (byteLength) => {
        if (byteLength >= LARGE_BYTES) this.memory.note(byteLength);
      },
    });
    this.lanes = new Lanes(memory.lanes);
    this.moved = new MovedObjects(
      thread,
      this.mailbox,
      this.sharedBuffers,
    );
    const results = memory.results.map((buffer) => new Arena(buffer));
    results[thread].resume();
    this.payloads = new Payloads(
      thread,
      results,
      memory.maxPayloadBytes,
      this.sharedBuffers,
      new ResultParts(this.sharedBuffers, this.moved),
      Texts.of(memory.texts),
      (other) => control.parkers[other].unpark(),
    );
    this.payloads.room.counts = metrics.counts;
    this.#workers = memory.workers;
    this.host = host;
    this.#lost = new LostWorkers(control, host);
    this.compute = this.#createCaller(COMPUTE);
    this.async = memory.workers[ASYNC].length === 0
      ? undefined
      : this.#createCaller(ASYNC);
    const callers = [this.compute, this.async];
    this.#callers = callers.filter((caller) => caller !== undefined);
    this.memory = lookAfterMemory(this, results[thread], host);
    this.#disposed = new DisposedValues(
      this.sharedBuffers,
      (buffer) => this.#callers.some((caller) => caller.inFlight.holds(buffer)),
    );
  }

  #notify(threads: Iterable<number>): void {
    if (this.guard.isInTasks) {
      return this.guard.inLibrary(() => this.#notify(threads));
    }
    this.control.announce();
    for (const thread of threads) this.control.parkers[thread].unpark();
  }

  /**
   * Whether a call of this thread or a tracked task on its event loop is not settled, or its
   * code waits for something else.
   */
  get awaitsAny(): boolean {
    return this.taskCount !== 0 || this.busy || this.isWaiting;
  }

  /** Whether code on the event loop of this thread waits for something other than calls. */
  get isWaiting(): boolean {
    return this.waits !== undefined && this.waits.isPending;
  }

  /** Whether a call of this thread is not settled. */
  get busy(): boolean {
    return this.compute.busy || (this.async !== undefined && this.async.busy);
  }

  /** Number of unsettled calls and tasks of this thread for which shutdown waits. */
  get trackedCount(): number {
    return this.taskCount + this.compute.inFlight.trackedCount +
      (this.async?.inFlight.trackedCount ?? 0);
  }

  /** Whether no tracked call or task of any thread is in flight. */
  get isIdle(): boolean {
    return this.trackedCount === 0 && this.control.trackedWork.isDone();
  }

  /** Says that this thread has tracked work, unless that is known. */
  beginTrackedWork(): void {
    if (this.hasTrackedWork) return;
    this.control.beginTrackedWork(this.thread);
    this.hasTrackedWork = true;
  }

  /** Counts a task on this thread's event loop until it has ended. */
  trackTask<T>(task: Promise<T>, onEnd: () => void): Promise<T> {
    this.beginTrackedWork();
    this.taskCount++;
    return task.finally(() => {
      this.taskCount--;
      this.endTrackedWork();
      onEnd();
    });
  }

  /** Says that this worker has no tracked work any more, if that is so. */
  endTrackedWork(): void {
    if (this.thread === 0 || !this.hasTrackedWork) return;
    if (this.trackedCount !== 0) return;
    if (this.guard.isInTasks) {
      return this.guard.inLibrary(() => this.endTrackedWork());
    }
    this.control.endTrackedWork(this.thread);
    this.hasTrackedWork = false;
  }

  /** The unsettled calls of this thread for which shutdown waits. */
  callsInFlight(): CallInFlight[] {
    return this.#callers.flatMap((caller) => caller.inFlight.list());
  }

  /**
   * Settles all completed calls and handles announced changes.
   *
   * @returns The number of settled calls.
   */
  drain(): number {
    if (this.isInterrupted) this.recover();
    if (this.control.news !== this.#news) return this.#drainWithNews();
    let count = this.compute.drain();
    if (this.async !== undefined) count += this.async.drain();
    if (this.#disposed.areWaiting) this.#disposed.drop();
    return this.waits === undefined ? count : count + this.waits.drain();
  }

  /**
   * Requests an unpark at the next completion.
   *
   * @returns False when there is a completion or news since the last drain.
   */
  tryArm(): boolean {
    for (const caller of this.#callers) {
      if (!caller.tryArm()) {
        this.disarm();
        return false;
      }
    }
    if (this.waits !== undefined && this.waits.hasChanges) {
      this.disarm();
      return false;
    }
    return this.control.news === this.#news;
  }

  /** Cancels {@linkcode Endpoint.tryArm}. */
  disarm(): void {
    for (const caller of this.#callers) caller.disarm();
  }

  /** Whether {@linkcode Endpoint.drain} would settle a call. */
  get hasCompletions(): boolean {
    return this.compute.hasCompletions ||
      (this.async !== undefined && this.async.hasCompletions) ||
      (this.waits !== undefined && this.waits.hasChanges);
  }

  /** Rejects everything that is not settled. */
  rejectAll(reason: () => ShutdownError): void {
    for (const caller of this.#callers) caller.rejectAll(reason);
    this.waits?.rejectAll(reason);
  }

  /** Gives everything to the next worker of this index; calls of this one never start. */
  retire(): void {
    this.endTrackedWork();
    for (const caller of this.#callers) caller.close();
    this.hasTrackedWork = true;
    this.close();
  }

  /** See {@linkcode CallerHost}. */
  notice(serial: number): void {
    this.#notify([serial % this.control.threadCount]);
  }

  /** See {@linkcode CallerHost}. */
  endWorkerOf(lane: Lane, slot: number, serial: number): void {
    // Code of this thread cannot be ended without the code that has cancelled it.
    if (serial === this.serial) return;
    this.host.endWorker(serial, stuckCall(this.lanes, lane, slot, serial));
  }

  /** Closes the ports; other threads post no buffers to them any more. */
  close(): void {
    this.memory.stop();
    this.#disposed.close();
    this.deadlines.stop();
    this.control.setPortsClosed(this.thread, this.serial);
    this.mailbox.close();
  }

  #createCaller(pool: PoolKind): Caller {
    const { control, thread } = this;
    const workers = this.#workers[pool];
    return new Caller(
      this.lanes.of(pool, thread),
      control.idle(pool, workers.length, thread === 0),
      workers,
      this,
      control.ringsInUse(thread, pool),
      (rings) => control.useRings(thread, pool, rings),
    );
  }

  /** Thread indices of the workers of a pool. */
  workersOf(pool: PoolKind): readonly number[] {
    return this.#workers[pool];
  }

  /** Takes a waiting call of this thread that it may run itself; undefined if there is none. */
  takeWaiting(): WaitingCall | undefined {
    return this.compute.takeWaiting(this.thread) ??
      this.async?.takeWaiting(this.thread);
  }

  /**
   * Keeps the buffers in a result, if this thread made the call itself. Another thread keeps
   * the buffers that it receives, but a thread receives no messages from itself.
   */
  holdOwnResult(lane: Lane, slot: number, held: SharedArrayBuffer[]): void {
    if (lane.owner !== this.thread) return;
    const caller = lane === this.lanes.of(COMPUTE, this.thread)
      ? this.compute
      : this.async!;
    caller.holdResult(slot, held);
  }

  /** Makes sure that completions will be drained. */
  pump(): void {
    this.host.pump();
  }

  /** See {@linkcode EndpointHost}. */
  rest(): void {
    this.host.rest?.();
  }

  /** See {@linkcode EndpointHost}. */
  hurry(): void {
    this.host.hurry?.();
  }

  /**
   * Ends and replaces the worker with this serial number, if it runs code of a guarded call: see
   * `Pool.endWorker`. Call it again after some milliseconds if it still must end.
   */
  endWorker(serial: number): void {
    this.host.endWorker(serial);
  }

  /** Whether the worker with this serial number has not ended. */
  isAlive(serial: number): boolean {
    return this.control.serial(serial % this.control.threadCount) === serial;
  }

  /** Finishes an interrupted submission. */
  recover(): void {
    for (const caller of this.#callers) caller.recover();
    this.isInterrupted = false;
  }

  /** Schedules a drain if a submission has just been interrupted. */
  afterFailure(): void {
    if (this.isInterrupted) this.host.pump();
  }

  #drainWithNews(): number {
    // Read the count first: a change that is announced from here on counts as new.
    this.#news = this.control.news;
    this.recorder.set(this.control.isRecording);
    this.sharedBuffers.collect();
    const cleared = this.sharedBuffers.clearedCount;
    let count = 0;
    for (const caller of this.#callers) count += caller.drain();
    // All results that were sent before those messages have been read now.
    this.sharedBuffers.forget(cleared);
    count += this.#lost.rejectCalls(this.#callers);
    if (this.#disposed.areWaiting) this.#disposed.drop();
    return this.waits === undefined ? count : count + this.waits.drain();
  }
}
