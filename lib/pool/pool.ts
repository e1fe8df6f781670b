/**
 * Starts, replaces and stops the threads of one runtime.
 *
 * @module
 */

import { MessageChannel, type MessagePort } from "node:worker_threads";
import { type BridgeMemory, createBridgeMemory } from "../bridge/memory.ts";
import { Endpoint } from "../calls/endpoint.ts";
import { ASYNC, COMPUTE } from "../bridge/layout.ts";
import { Pump } from "../calls/pump.ts";
import { LoomError, PinningError, ShutdownError } from "../errors.ts";
import type { WorkerReady } from "../handshake.ts";
import { nameCurrentThread } from "../placement/pin.ts";
import type { RuntimeFacts } from "../runtime_facts.ts";
import {
  addPinnedThread,
  pinMainThread,
  releaseMainThread,
  removePinnedThread,
  sweepHelperThreads,
} from "./affinity.ts";
import { Thread, type ThreadEnd } from "./worker_thread.ts";

/** How long threads spin before they sleep, in microseconds. */
export interface SpinWindows {
  /** An idle worker. */
  readonly workerUs: number;
  /** A caller that waits. */
  readonly callerUs: number;
}

/** What the pool tells the runtime that it belongs to. */
export interface PoolEvents {
  /** A worker asks for a shutdown. */
  shutdownRequested(): void;
}

/** A worker that dies this often in a row before it is ready is not started again. */
const MAX_FAILED_STARTS = 3;

/** The threads of one runtime and the main thread's end of the bridge. */
export class Pool {
  /** The main thread's end of the bridge. */
  readonly endpoint: Endpoint;
  /** Fulfilled when all threads have ended. */
  readonly ended: Promise<void>;
  readonly #facts: RuntimeFacts;
  readonly #memory: BridgeMemory;
  readonly #spin: SpinWindows;
  readonly #pump: Pump;
  /** By thread index; the main thread has none. */
  readonly #threads: (Thread | undefined)[] = [undefined];
  /** How the worker of each index ended last. */
  readonly #ends: (ThreadEnd | undefined)[] = [];
  #events: PoolEvents | undefined;
  #setEnded!: () => void;
  #mainThreadId = 0;
  #keptAlive = false;
  #started = false;
  /** By thread index: starts in a row after which the worker did not get ready. */
  readonly #failedStarts: number[] = [];
  #breakdown: unknown;
  #stopping = false;

  private constructor(facts: RuntimeFacts, spin: SpinWindows) {
    const { computePoolSize, maxPayloadBytes, computeThreads, asyncThreads } =
      facts.config;
    this.#facts = facts;
    this.#spin = spin;
    this.#memory = createBridgeMemory(
      computeThreads,
      asyncThreads - 1,
      capacityFor(computePoolSize),
      maxPayloadBytes,
    );
    this.ended = new Promise((resolve) => this.#setEnded = resolve);
    const none = facts.threads.map(() => null);
    this.endpoint = new Endpoint(this.#memory, 0, 0, none, {
      pump: () => this.#pump.start(),
      reasonOfEnd: (thread) => describeEnd(this.#ends[thread]),
    });
    this.#pump = new Pump(this.endpoint, spin.callerUs, {
      keepAlive: (on) => this.#keepAlive(on),
      waiting: () => sweepHelperThreads(false),
    });
  }

  /**
   * Starts all threads and pins them. `warn` gets one text at most: why threads are not
   * pinned. Rejects with {@linkcode PinningError} if that is not acceptable, and when a
   * worker cannot be started.
   */
  static async start(
    facts: RuntimeFacts,
    spin: SpinWindows,
    warn: (message: string) => void,
  ): Promise<Pool> {
    const pool = new Pool(facts, spin);
    try {
      await pool.#startAll(warn);
    } catch (error) {
      await pool.stop();
      throw error;
    }
    return pool;
  }

  /** Sets who is told what happens; once, before the first call. */
  listen(events: PoolEvents): void {
    this.#events = events;
  }

  /** Calls `listener` whenever calls of the main thread were settled. */
  watchSettled(listener: () => void): void {
    this.#pump.watchSettled(listener);
  }

  /** Ends all threads; whatever is not settled then rejects. Fulfilled when they are gone. */
  stop(): Promise<void> {
    if (!this.#stopping) {
      this.#stopping = true;
      this.#stopThreads();
    }
    return this.ended;
  }

  async #startAll(warn: (message: string) => void): Promise<void> {
    const plans = this.#facts.threads.slice(1);
    // Before any worker looks: 0, which is the main thread's, would make it take the real
    // number, when that comes, for the news that the main thread has ended.
    for (const { thread } of plans) {
      this.endpoint.control.setSerial(thread, thread);
    }
    let ready: WorkerReady[];
    try {
      // Each worker gets ports to those before it, which get their ends through their mailboxes.
      const threads = plans.map(({ thread }) =>
        this.#startThread(thread, thread)
      );
      ready = await Promise.all(threads.map((thread) => thread.ready));
    } catch (error) {
      const reason = error instanceof Error ? error.message : error;
      throw new LoomError(`Cannot start workers: ${reason}`, { cause: error });
    }
    this.#started = true;
    for (const thread of this.#threads) thread?.keepAlive(false);
    const failure = this.#pinMain() ?? firstFailure(ready);
    if (failure === undefined) return sweepHelperThreads(true);
    if (this.#facts.config.pinThreads === "require") {
      throw new PinningError(
        `Cannot pin threads, which pinThreads("require") demands: ${failure}`,
      );
    }
    warn(`loom: threads are not pinned as planned: ${failure}`);
  }

  #pinMain(): string | undefined {
    const { cpu } = this.#facts.threads[0];
    if (cpu === null) {
      this.endpoint.control.setThreadId(0, nameCurrentThread(null));
      return undefined;
    }
    const outcome = pinMainThread(cpu);
    this.#mainThreadId = outcome.threadId;
    this.endpoint.control.setThreadId(0, outcome.threadId);
    return outcome.failure ?? undefined;
  }

  #startThread(thread: number, serial: number): Thread {
    const { control, mailbox } = this.endpoint;
    control.setSerial(thread, serial);
    const ports: (MessagePort | null)[] = this.#facts.threads.map(() => null);
    for (let other = 0; other < ports.length; other++) {
      if (
        other !== 0 && (other === thread || this.#threads[other] === undefined)
      ) continue;
      const { port1, port2 } = new MessageChannel();
      ports[other] = port1;
      if (other === 0) mailbox.attach(thread, port2);
      else mailbox.post(other, { kind: "thread", thread, port: port2 });
    }
    const { computeThreads } = this.#facts.config;
    const started = new Thread(
      {
        memory: this.#memory,
        facts: this.#facts,
        thread,
        serial,
        pool: thread <= computeThreads ? COMPUTE : ASYNC,
        spinUs: this.#spin.workerUs,
        ports,
      },
      this.#facts.threads[thread].name,
      () => this.#events?.shutdownRequested(),
    );
    this.#threads[thread] = started;
    // While the pool starts, its threads keep the process alive.
    started.keepAlive(!this.#started || (this.#keptAlive && thread === 1));
    let isReady = false;
    started.ready.then(({ pin }) => {
      this.#failedStarts[thread] = 0;
      if (pin !== null) addPinnedThread(pin.threadId);
      isReady = true;
    }, () => {});
    started.ended.then((end) => {
      if (!isReady) {
        this.#failedStarts[thread] = (this.#failedStarts[thread] ?? 0) + 1;
      }
      this.#onEnd(thread, serial, end);
    });
    // The others learn of the new port, and what was lost with the worker before.
    control.announce();
    return started;
  }

  #onEnd(thread: number, serial: number, end: ThreadEnd): void {
    const { control } = this.endpoint;
    this.#ends[thread] = end;
    removePinnedThread(control.threadId(thread));
    if (this.#stopping || !this.#started) return;
    if (this.#failedStarts[thread] >= MAX_FAILED_STARTS) {
      return this.#breakDown(end.error);
    }
    try {
      this.#startThread(thread, serial + this.#facts.threads.length).ready
        .then(() => sweepHelperThreads(true), () => {});
    } catch (error) {
      // Such as a permission that was revoked.
      return this.#breakDown(error);
    }
    control.unparkAll();
    this.#pump.start();
  }

  /** Workers cannot be replaced: the runtime ends. */
  #breakDown(reason: unknown): void {
    this.#breakdown = reason;
    this.#events?.shutdownRequested();
    this.stop();
  }

  /** The first worker stands for all: it keeps the process alive while calls are in flight. */
  #keepAlive(on: boolean): void {
    this.#keptAlive = on;
    // A pool that is stopping stays until all its threads have ended.
    if (!this.#stopping) this.#threads[1]?.keepAlive(on);
  }

  async #stopThreads(): Promise<void> {
    this.endpoint.control.stop();
    const threads = this.#threads.filter((thread) => thread !== undefined);
    for (const thread of threads) thread.keepAlive(true);
    await Promise.all(threads.map((thread) => thread.ended));
    this.endpoint.rejectAll(() =>
      this.#breakdown === undefined
        ? new ShutdownError(
          "Cannot finish call: the runtime was shut down before it ended",
        )
        : new ShutdownError(
          "Cannot finish call: workers could not be replaced",
          {
            cause: this.#breakdown,
          },
        )
    );
    this.endpoint.close();
    if (this.#mainThreadId !== 0) releaseMainThread(this.#mainThreadId);
    this.#setEnded();
  }
}

function describeEnd(
  end: ThreadEnd | undefined,
): ErrorOptions & { readonly text: string } | undefined {
  if (end === undefined) return undefined;
  const { error, code } = end;
  if (error === undefined) return { text: `it exited with code ${code}` };
  const message = error instanceof Error ? error.message : String(error);
  return { text: `it failed: ${message}`, cause: error };
}

/** The power of two from `size` up that a lane can have. */
function capacityFor(size: number): number {
  return 2 ** Math.ceil(Math.log2(size));
}

function firstFailure(ready: readonly WorkerReady[]): string | undefined {
  return ready.find(({ pin }) => pin !== null && pin.failure !== null)?.pin
    ?.failure ?? undefined;
}
