/**
 * The threads of an inline runtime, which are none.
 *
 * @module
 */

import { capacityFor, createBridgeMemory } from "../../bridge/memory.ts";
import { Endpoint } from "../../calls/endpoint.ts";
import { EventLoopParking } from "../../calls/event_loop_parking.ts";
import type { Lifecycle, ShutdownOptions } from "../../lifecycle.ts";
import { openPorts } from "../../pool/ports.ts";
import { nextSerial } from "../../pool/serial_numbers.ts";
import { unfinishedError } from "../../pool/unfinished.ts";
import { WorkerEnds } from "../../pool/worker_ends.ts";
import type { RuntimeFacts } from "../../runtime_facts.ts";
import { TaskTable } from "../../tasks/task_table.ts";
import { inlineHost, type InlineParts, InlineWorker } from "./worker.ts";
import { type InlineThread, Scheduler, type Step } from "./scheduler.ts";
import type { Timers } from "./timers.ts";

/** The threads of one inline runtime. */
export class InlinePool implements InlineThread {
  /** Makes and settles the calls of the runtime. */
  readonly endpoint: Endpoint;
  readonly timers: Timers;
  readonly scheduler: Scheduler;
  /** The functions that the workers can run. */
  readonly tasks: TaskTable = TaskTable.create();
  /** Resolves when the runtime has ended. */
  readonly ended: Promise<void>;
  readonly #parts: InlineParts;
  readonly #workers: InlineWorker[] = [];
  readonly #ends: WorkerEnds;
  readonly #parking: EventLoopParking;
  #setEnded!: () => void;
  #onSettled: () => void = () => {};
  #news = -1;
  #isClosing = false;
  #endMs = Infinity;
  #cancelGrace: () => void = () => {};
  #hasStopped = false;
  readonly #workerLifecycle: Lifecycle;

  /**
   * @param timers Where the time comes from.
   * @param epochMs The date at which the time of the clock is 0, in milliseconds.
   * @param shutdown Called when a task requests a shutdown.
   */
  constructor(
    facts: RuntimeFacts,
    seed: number,
    timers: Timers,
    epochMs: number,
    shutdown: (options: ShutdownOptions) => void,
  ) {
    const { computeThreads, asyncThreads } = facts.config;
    const { computePoolSize, maxPayloadBytes } = facts.config;
    const { tasks } = this;
    this.timers = timers;
    timers.onFire = () => this.scheduler.wake();
    this.ended = new Promise((resolve) => this.#setEnded = resolve);
    const scheduler = this.scheduler = new Scheduler(
      seed,
      () => [this, ...this.#workers],
      () => timers.now(),
    );
    const memory = createBridgeMemory(
      computeThreads,
      asyncThreads - 1,
      capacityFor(computePoolSize, computeThreads),
      maxPayloadBytes,
    );
    this.#ends = new WorkerEnds(memory.metrics, facts.threads);
    const parts = { memory, facts, tasks, timers, scheduler, epochMs };
    this.#parts = parts;
    this.#workerLifecycle = lifecycleOfWorker(shutdown);
    this.endpoint = new Endpoint(
      memory,
      0,
      0,
      facts.threads.map(() => null),
      inlineHost(
        parts,
        (serial) => this.#replace(serial),
        (thread) => this.#ends.reason(thread),
      ),
    );
    this.#parking = new EventLoopParking(
      this.endpoint.control.parkers[0],
      () => scheduler.wake(),
    );
    const { control } = this.endpoint;
    for (const { thread } of facts.threads) control.setSerial(thread, thread);
    for (const { thread } of facts.threads.slice(1)) {
      this.#start(thread, thread);
    }
    scheduler.onIdle = () => this.#idle();
    scheduler.wake();
  }

  /** See {@linkcode InlineThread}. */
  wake(): void {
    const { endpoint } = this;
    endpoint.disarm();
    endpoint.loop.activate();
    if (endpoint.control.news !== this.#news) {
      this.#news = endpoint.control.news;
      const count = endpoint.drain();
      if (count !== 0) this.scheduler.note(`main settles ${count}`);
    }
    this.#onSettled();
  }

  /** See {@linkcode InlineThread}. */
  steps(): Step[] {
    if (!this.endpoint.hasCompletions) return [];
    return [() => {
      const count = this.endpoint.drain();
      this.#onSettled();
      return `main settles ${count}`;
    }];
  }

  /** See {@linkcode InlineThread}. */
  lastResort(): undefined {
    return undefined;
  }

  /** See {@linkcode InlineThread}. */
  sleep(): boolean {
    if (!this.endpoint.tryArm() || !this.#parking.tryPark()) return false;
    this.endpoint.loop.stop();
    return true;
  }

  /**
   * Begins a shutdown, or shortens its limit.
   *
   * @param onSettled Called whenever the runtime may have become idle.
   */
  close(
    { graceMs = Infinity }: ShutdownOptions,
    onSettled: () => void,
  ): void {
    this.#onSettled = onSettled;
    this.#isClosing = true;
    this.endpoint.control.close();
    const endMs = this.timers.now() + graceMs;
    if (endMs < this.#endMs) {
      this.#endMs = endMs;
      this.#cancelGrace();
      const stop = () => this.stop(graceMs);
      this.#cancelGrace = this.timers.startTimer(stop, graceMs);
    }
    this.scheduler.wake();
  }

  /**
   * Ends the workers and rejects all calls that are not settled.
   *
   * @param graceMs The limit of the shutdown, if it was exceeded.
   */
  stop(graceMs?: number): void {
    if (this.#hasStopped) return;
    this.#hasStopped = true;
    const { endpoint } = this;
    endpoint.control.stop();
    for (const worker of this.#workers) {
      worker.end();
      const { thread, serial } = worker.endpoint;
      const end = { error: undefined, code: 0 };
      this.#ends.noteEnd(thread, serial, end, true, true);
    }
    endpoint.rejectAll(() => unfinishedError(undefined, graceMs));
    endpoint.close();
    this.scheduler.stop();
    this.#setEnded();
  }

  /** A shutdown waits for calls, and only time can bring them to an end. */
  #idle(): void {
    if (!this.#isClosing || this.#hasStopped) return;
    if (this.timers.nextMs === Infinity) return;
    this.timers.fireNext();
    this.scheduler.wake();
  }

  #start(thread: number, serial: number): void {
    const { endpoint } = this;
    const isThere = (other: number) => this.#workers[other - 1] !== undefined;
    const ports = openPorts(endpoint, thread, serial, isThere);
    endpoint.control.setSerial(thread, serial);
    this.#workers[thread - 1] = new InlineWorker(this.#parts, {
      thread,
      serial,
      ports,
      endWorker: (serial) => this.#replace(serial),
      exited: (serial, code) => this.#replace(serial, code),
      lifecycle: this.#workerLifecycle,
    });
    this.#ends.noteReady(thread, serial);
    endpoint.control.announce();
  }

  /**
   * Ends a worker; another one takes its place.
   *
   * @param code What a task has ended it with; undefined if a call did not stop in time.
   */
  #replace(serial: number, code?: number): void {
    const { control } = this.endpoint;
    const thread = serial % control.threadCount;
    if (this.#hasStopped || control.serial(thread) !== serial) return;
    if (code === undefined) this.#ends.noteForced(serial);
    const end = { error: undefined, code: code ?? 0 };
    this.#ends.noteEnd(thread, serial, end, true, false);
    control.setPortsClosed(thread, serial);
    this.#workers[thread - 1].end();
    control.guard(thread).reset();
    control.endTrackedWork(thread);
    this.#start(thread, nextSerial(serial, control.threadCount));
    this.scheduler.note(
      `${this.#parts.facts.threads[thread].name} is replaced`,
    );
    this.scheduler.wake();
  }
}

/** How a task ends the runtime. */
function lifecycleOfWorker(
  shutdown: (options: ShutdownOptions) => void,
): Lifecycle {
  const refuse = (what: string) =>
    Promise.reject(
      new Error(
        `Cannot ${what} in a task: do it outside of the inline runtime`,
      ),
    );
  return {
    begin(options) {
      shutdown(options);
      // The task belongs to a call in flight, which may finish.
      return false;
    },
    end() {},
    recycle: () => refuse("recycle workers"),
    ended: () => refuse("wait for shutdown"),
  };
}
