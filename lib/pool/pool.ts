/**
 * Starts, replaces and stops the threads of one runtime.
 *
 * @module
 */

import type { Reservation } from "../affinity/reservation.ts";
import {
  type BridgeMemory,
  capacityFor,
  createBridgeMemory,
} from "../bridge/memory.ts";
import { Endpoint } from "../calls/endpoint.ts";
import { isStuck, type StuckCall } from "../calls/stuck_call.ts";
import { mainCollector } from "../payloads/garbage.ts";
import { ASYNC, COMPUTE } from "../bridge/layout.ts";
import { Pump } from "../calls/pump.ts";
import { LoomError, PinningError } from "../errors.ts";
import type { WorkerPlan, WorkerReady } from "../handshake.ts";
import type { ShutdownOptions } from "../lifecycle.ts";
import { MACHINE_CLOCK } from "../limits/clock.ts";
import { pages } from "../placement/memory.ts";
import type { RuntimeFacts } from "../runtime_facts.ts";
import { TaskTable } from "../tasks/task_table.ts";
import { Deadline } from "./deadline.ts";
import { atExit } from "./exit.ts";
import { type HookCalls, hookCalls, NO_HOOKS } from "./hooks.ts";
import type { PoolEvents, PoolParts, SpinWindows } from "./parts.ts";
import { firstFailure, Pinning } from "./pinning.ts";
import { openPorts } from "./ports.ts";
import { unfinishedError } from "./unfinished.ts";
import { Recycling } from "./recycling.ts";
import { nextSerial } from "./serial_numbers.ts";
import { WorkerEnds } from "./worker_ends.ts";
import {
  startWorker,
  type WorkerEnd,
  type WorkerThread,
} from "./worker_thread.ts";

/** How long a worker may take to stop before it is terminated anyway. */
const STOP_MS = 100;

/** The threads of one runtime. */
export class Pool {
  /** Makes and settles the calls of the main thread. */
  readonly endpoint: Endpoint;
  /** The functions that the threads can run. */
  readonly tasks: TaskTable = TaskTable.create();
  /** Resolves when all threads have ended. */
  readonly ended: Promise<void>;
  /** Why a thread could not be pinned at the start; undefined if all are as planned. */
  pinningFailure: string | undefined;
  readonly #facts: RuntimeFacts;
  readonly #memory: BridgeMemory;
  readonly #spin: SpinWindows;
  readonly #pump: Pump;
  /** The workers by thread index; undefined for the main thread. */
  readonly #threads: (WorkerThread | undefined)[] = [undefined];
  readonly #ends: WorkerEnds;
  #events: PoolEvents | undefined;
  #setEnded!: () => void;
  readonly #pinning: Pinning;
  /** Where workers record that they are pinned. */
  #cpuRecord: number | null = null;
  /** Stops listening for the end of this isolate. */
  #ignoreExit = () => {};
  readonly #endStuck = (serial: number, call?: StuckCall) =>
    void this.endWorker(serial, () => isStuck(this.endpoint.lanes, call));
  #keptAlive = false;
  #started = false;
  #breakdown: unknown;
  /** The limit of the shutdown that was exceeded. */
  #graceMs: number | undefined;
  readonly #recycling = new Recycling({
    prepare: (thread) => {
      const successor = this.#prepare(thread);
      successor.keepAlive(false);
      return successor;
    },
    current: (thread) => this.#threads[thread]!,
    retire: (thread) => this.endpoint.control.retire(thread),
    takeOver: (thread) => this.#takeOver(thread),
    isStopping: () => this.#stopping,
  });
  readonly #warn: (message: string) => void;
  /** What compute workers run when they start and end. */
  #hooks!: HookCalls;
  /** A worker that was started before the plan was made. */
  #firstWorker: WorkerThread | undefined;
  #stopping = false;
  /** Shutdown waits for tracked work, here or on workers. */
  #closing = false;
  readonly #deadline: Deadline;

  private constructor(
    facts: RuntimeFacts,
    spin: SpinWindows,
    warn: (message: string) => void,
    reservation: Reservation | undefined,
  ) {
    const { computePoolSize, maxPayloadBytes, computeThreads, asyncThreads } =
      facts.config;
    this.#facts = facts;
    this.#warn = (text) => warn(`loom: ${text}`);
    this.#spin = spin;
    this.#memory = createBridgeMemory(
      computeThreads,
      asyncThreads - 1,
      capacityFor(computePoolSize, computeThreads),
      maxPayloadBytes,
    );
    this.#ends = new WorkerEnds(this.#memory.metrics, facts.threads);
    this.ended = new Promise((resolve) => this.#setEnded = resolve);
    const none = facts.threads.map(() => null);
    this.endpoint = new Endpoint(this.#memory, 0, 0, none, {
      pump: () => this.#pump.start(),
      rest: () => this.#pump.rest(),
      hurry: () => this.#pump.hurry(),
      reasonOfEnd: (thread) => this.#ends.reason(thread),
      endWorker: this.#endStuck,
      clock: MACHINE_CLOCK,
      pages,
      collector: mainCollector(),
    });
    const { memory } = this.endpoint;
    memory.onHeld = () => memory.startTimer();
    this.#pump = new Pump(this.endpoint, spin.callerUs, spin.fillsCpus, {
      keepAlive: (on) => this.#keepAlive(on),
      awaitsWorkers: () => this.#closing && !this.#stopping,
      waiting: () => this.#pinning.check(false),
    });
    this.#pinning = new Pinning(
      facts.threads,
      this.endpoint.control,
      warn,
      reservation,
    );
    this.#deadline = new Deadline(
      (graceMs) => {
        this.#graceMs = graceMs;
        this.stop();
      },
      (waitedMs) => this.#events?.waitsLong(waitedMs),
    );
  }

  /**
   * Starts and pins all threads.
   *
   * @param warn Called with the reason when threads are not pinned any more.
   * @throws {PinningError} If a thread cannot be pinned and `pinThreads` is `"require"`.
   * @throws {LoomError} If a worker cannot be started.
   */
  static async start(
    facts: RuntimeFacts,
    spin: SpinWindows,
    warn: (message: string) => void,
    { reservation, firstWorker, hooks = {} }: PoolParts = {},
  ): Promise<Pool> {
    const pool = new Pool(facts, spin, warn, reservation);
    pool.#firstWorker = firstWorker;
    try {
      pool.#hooks = hookCalls(hooks, pool.tasks);
      await pool.#startAll();
    } catch (error) {
      await pool.stop();
      throw error;
    }
    return pool;
  }

  /** Sets the listener of the pool. Call it once, before the first call is made. */
  listen(events: PoolEvents): void {
    this.#events = events;
  }

  /**
   * Begins a shutdown, or shortens its limit.
   *
   * @param listener Called whenever the runtime may have become idle.
   */
  close(options: ShutdownOptions, listener: () => void): void {
    if (!this.#stopping) this.#deadline.limit(options);
    if (this.#closing) return;
    this.#closing = true;
    this.endpoint.control.close();
    this.#pump.watchSettled(listener);
    // The round looks after the workers' words; from then on they unpark this thread.
    this.#pump.start();
  }

  /**
   * Ends and replaces a worker that runs code of tasks and a guarded call at present. Its
   * unfinished calls reject with a {@linkcode WorkerLostError}.
   *
   * @param isNeeded Whether that call is unfinished. Called when the worker takes no more steps.
   * @returns False if it cannot be ended now: call this again some milliseconds later. True
   * if it is being ended or has ended.
   */
  endWorker(serial: number, isNeeded: () => boolean = () => true): boolean {
    const { control } = this.endpoint;
    const thread = serial % control.threadCount;
    const isOver = this.#stopping || control.serial(thread) !== serial;
    if (isOver || this.#ends.isForced(serial)) return true;
    const guard = control.guard(thread);
    if (!guard.tryEnd()) return false;
    if (!isNeeded() && guard.tryTakeBack()) return true;
    this.#ends.noteForced(serial);
    // On Deno, what is posted to the ports of a thread that has ended is never freed.
    control.setPortsClosed(thread, serial);
    this.#threads[thread]!.terminate();
    return true;
  }

  /** Ends all threads, then rejects all calls that are not settled; resolves after that. */
  stop(): Promise<void> {
    if (!this.#stopping) {
      this.#stopping = true;
      this.#stopThreads();
    }
    return this.ended;
  }

  async #startAll(): Promise<void> {
    this.#cpuRecord = this.#pinning.begin();
    this.#ignoreExit = atExit(() => this.#abandon());
    const plans = this.#facts.threads.slice(1);
    // Before any worker reads its own: serial number 0 is that of the main thread, and a
    // worker that reads it would take the change to its own number for the end of a thread.
    for (const { thread } of plans) {
      this.endpoint.control.setSerial(thread, thread);
    }
    let ready: WorkerReady[];
    try {
      // Each worker gets ports to those before it, which get the other ends by mailbox.
      const threads = plans.map(({ thread }) =>
        this.#startThread(thread, thread)
      );
      this.#pinning.prepareMain();
      ready = await Promise.all(threads.map((thread) => thread.ready));
    } catch (error) {
      const reason = error instanceof Error ? error.message : error;
      // What setup() threw, if that is why.
      const cause = error instanceof LoomError ? error.cause ?? error : error;
      throw new LoomError(`Cannot start workers: ${reason}`, { cause });
    }
    this.#started = true;
    for (const thread of this.#threads) thread?.keepAlive(false);
    const failure = this.#pinning.pinMain() ?? firstFailure(ready);
    if (failure === undefined) return this.#pinning.check(true);
    if (this.#facts.config.pinThreads === "require") {
      throw new PinningError(
        `Cannot pin threads, which pinThreads("require") demands: ${failure}`,
      );
    }
    this.pinningFailure = failure;
  }

  #startThread(thread: number, serial: number): WorkerThread {
    const { control } = this.endpoint;
    const ports = openPorts(
      this.endpoint,
      thread,
      serial,
      (other) => this.#threads[other] !== undefined,
    );
    // After the ports: a thread that reads the new number has the new port in its mailbox.
    control.setSerial(thread, serial);
    const started = this.#recycling.takeSuccessor(thread) ??
      this.#prepare(thread);
    started.begin({ serial, ports });
    this.#threads[thread] = started;
    // While the pool starts, its workers keep the process alive.
    started.keepAlive(!this.#started || (this.#keptAlive && thread === 1));
    let isReady = false;
    started.ready.then(({ pin }) => {
      this.#ends.noteReady(thread, serial);
      this.#pinning.workerReady(pin);
      isReady = true;
    }, () => {});
    started.ended.then((end) => {
      // It has retired.
      if (this.#threads[thread] !== started) return;
      this.#ends.noteEnd(thread, serial, end, isReady, this.#stopping);
      this.#onEnd(thread, serial, end);
    });
    // The other threads learn of the new port, and of calls lost with the last worker.
    control.announce();
    return started;
  }

  /** Starts a worker, which waits until it gets the index. */
  #prepare(thread: number): WorkerThread {
    const { computeThreads, workerHeapMb } = this.#facts.config;
    const isCompute = thread <= computeThreads;
    const plan: WorkerPlan = {
      memory: this.#memory,
      tasks: this.tasks.buffer,
      facts: this.#facts,
      thread,
      pool: isCompute ? COMPUTE : ASYNC,
      spinUs: this.#spin.workerUs,
      cpuRecord: this.#cpuRecord,
      ...(isCompute ? this.#hooks : NO_HOOKS),
    };
    const { name } = this.#facts.threads[thread];
    const started = this.#firstWorker ?? startWorker(name, workerHeapMb);
    this.#firstWorker = undefined;
    started.prepare(plan, {
      shutdown: (options) => this.#events?.shutdownRequested(options),
      endWorker: (serial) => this.endWorker(serial),
      ranLong: (run) => this.endpoint.diagnostics?.ranLong(run),
      recycle: () => {
        if (this.#threads[thread] !== started || !isCompute) return;
        this.#recycling.one(thread).catch((error) => this.#warn(error.message));
      },
    });
    return started;
  }

  /** The successor of a worker that has retired gets its index. */
  #takeOver(thread: number): void {
    const { control } = this.endpoint;
    this.#pinning.workerEnded(thread);
    const serial = control.serial(thread);
    this.#ends.noteRecycled(serial);
    this.#startThread(thread, nextSerial(serial, this.#facts.threads.length));
    control.unparkAll();
    this.#pump.start();
  }

  /** Replaces all compute workers, one after another. */
  recycle(): Promise<void> {
    const { computeThreads } = this.#facts.config;
    const workers = this.#facts.threads.slice(1, computeThreads + 1);
    return this.#recycling.all(workers.map(({ thread }) => thread));
  }

  #onEnd(thread: number, serial: number, end: WorkerEnd): void {
    const { control } = this.endpoint;
    control.guard(thread).reset();
    this.#pinning.workerEnded(thread);
    // The calls that it made are nobody's any more.
    control.endTrackedWork(thread);
    if (this.#stopping || !this.#started) return;
    if (this.#ends.failsToStart(thread)) return this.#breakDown(end.error);
    try {
      const next = nextSerial(serial, this.#facts.threads.length);
      this.#startThread(thread, next);
    } catch (error) {
      // For example, a permission was revoked.
      return this.#breakDown(error);
    }
    control.unparkAll();
    this.#pump.start();
  }

  /** Ends the runtime, because a worker cannot be replaced. */
  #breakDown(reason: unknown): void {
    this.#breakdown = reason;
    this.#events?.shutdownRequested({});
    this.stop();
  }

  /** Keeps the process alive, by the first worker, while calls are in flight. */
  #keepAlive(on: boolean): void {
    this.#keptAlive = on;
    // A pool that stops keeps the process alive until all its threads have ended.
    if (!this.#stopping) this.#threads[1]?.keepAlive(on);
  }

  async #stopThreads(): Promise<void> {
    this.endpoint.control.stop();
    const threads = [...this.#threads, ...this.#recycling.others]
      .filter((thread) => thread !== undefined);
    for (const thread of threads) thread.keepAlive(true);
    // What still runs is untracked, or has had its time.
    await Promise.all(threads.map((thread) => thread.end(STOP_MS)));
    this.#deadline.cancel();
    this.endpoint.rejectAll(() =>
      unfinishedError(this.#breakdown, this.#graceMs)
    );
    this.endpoint.close();
    this.#ignoreExit();
    this.#pinning.end();
    this.#setEnded();
  }

  /** This isolate ends, but the process may go on, and worker threads with it. */
  #abandon(): void {
    this.#ignoreExit();
    // Deno ends a worker that blocks only when that has returned.
    this.endpoint.control.stop();
    this.#pinning.end();
  }
}
