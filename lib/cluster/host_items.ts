/**
 * The items of durable maps that a host has taken.
 *
 * 1. The host asks for as many messages as it has room for, from the work queue of each
 *    priority.
 * 2. It runs the items of a message, and stores their results under the same range.
 * 3. Then it acknowledges the message, which removes it from the queue. A host that dies
 *    before leaves it there, and the server gives it to another host.
 *
 * A message whose task, or whose version, the host does not have goes back to the queue, for
 * another host; it fails only after `maxDeliveries`.
 *
 * A message may run twice, and its results may be stored twice; the caller takes the
 * first result of each item.
 *
 * @module
 */

import { performance } from "node:perf_hooks";
import { ClusterVersionError, WorkerLostError } from "../errors.ts";
import type { LoomRuntime } from "../runtime.ts";
import type { AnyFunction } from "../tasks/function.ts";
import { type NatsConnection, onReconnect } from "./connection.ts";
import { type Frame, KIND, readFrame } from "./frame.ts";
import { checkVersion, type TaskCounter } from "./host_calls.ts";
import { type ItemOutcome, writeOutcomes } from "./item_results.ts";
import { beginServing } from "./observed_calls.ts";
import { isStored, type Payloads } from "./payloads.ts";
import {
  type ClusterPriority,
  PRIORITIES,
  rangeToken,
  type Subjects,
  workIn,
  type WorkSubject,
} from "./subjects.ts";
import type { Consumer, ConsumerMessages, JsMsg, Streams } from "./streams.ts";

/** What the items of a host need. */
export interface ItemHost {
  readonly connection: NatsConnection;
  readonly runtime: LoomRuntime;
  readonly payloads: Payloads;
  readonly subjects: Subjects;
  readonly name: string;
  readonly version: string;
  readonly group: string;
  readonly room: number;
  readonly redeliverAfterMs: number;
  readonly maxDeliveries: number;
  readonly tasks: ReadonlyMap<string, AnyFunction>;
  readonly counters: ReadonlyMap<string, TaskCounter>;
}

/** How long one request for messages stays at the server. */
const EXPIRES_MS = 30_000;
/** How often the server says that it still has the request. */
const HEARTBEAT_MS = 5_000;
/** Pause after a request that failed, such as while the server is away. */
const RETRY_MS = 250;
/** When another host should get a message that this one cannot do. */
const OTHER_HOST_MS = 1_000;

/** The messages of one priority. */
interface Queue {
  readonly priority: ClusterPriority;
  /** Undefined after it has failed. */
  consumer: Consumer | undefined;
  /** Messages that are asked for. */
  asked: number;
  /** Messages that are here. */
  held: number;
}

/** Takes items, runs them, stores their results. */
export class HostItems {
  readonly #host: ItemHost;
  #streams: Streams | undefined;
  readonly #held = new Set<JsMsg>();
  readonly #requests = new Set<ConsumerMessages>();
  #heartbeat: ReturnType<typeof setInterval> | undefined;
  #isStopped = false;
  #onIdle: (() => void) | undefined;

  constructor(host: ItemHost) {
    this.#host = host;
  }

  /** Number of messages that run. */
  get count(): number {
    return this.#held.size;
  }

  /** Starts to take items, if the server has JetStream. */
  async start(): Promise<void> {
    const { connection, subjects, redeliverAfterMs } = this.#host;
    if (connection.info?.jetstream !== true) return;
    const { Streams } = await import("./streams.ts");
    this.#streams = new Streams(connection, subjects);
    await this.#streams.open();
    const queues: Queue[] = [];
    for (const priority of PRIORITIES) {
      const consumer = await this.#worker(priority);
      const queue = { priority, consumer, asked: 0, held: 0 };
      queues.push(queue);
      this.#ask(queue);
    }
    this.#heartbeat = setInterval(() => {
      for (const message of this.#held) message.working();
    }, redeliverAfterMs / 3);
    void onReconnect(
      connection,
      () => queues.forEach((one) => this.#renew(one)),
    );
  }

  #worker(priority: ClusterPriority): Promise<Consumer> {
    const { group, redeliverAfterMs } = this.#host;
    return this.#streams!.worker(group, priority, redeliverAfterMs);
  }

  /** Requests go on by themselves after a reconnect, unless their consumer has to be replaced. */
  #renew(queue: Queue): void {
    if (this.#isStopped) return;
    queue.consumer = undefined;
    this.#worker(queue.priority).then(
      (consumer) => queue.consumer = consumer,
      () => {
        // The server is away again; the next request tries it.
      },
    );
  }

  /** Takes no more items. */
  async stop(): Promise<void> {
    this.#isStopped = true;
    await Promise.all([...this.#requests].map((request) => request.close()));
  }

  /** Takes no more items, for the connection is lost. */
  abandon(): void {
    this.#isStopped = true;
    clearInterval(this.#heartbeat);
  }

  /** Resolves when no item runs. */
  async idle(): Promise<void> {
    while (this.#held.size > 0) {
      await new Promise<void>((resolve) => this.#onIdle = resolve);
    }
    clearInterval(this.#heartbeat);
  }

  /** Asks for more messages when at least half of the room is free. */
  #ask(queue: Queue): void {
    const { room } = this.#host;
    const free = room - queue.asked - queue.held;
    if (this.#isStopped || free * 2 < room || free < 1) return;
    queue.asked += free;
    void this.#fetch(queue, free);
  }

  async #fetch(queue: Queue, count: number): Promise<void> {
    let left = count;
    try {
      queue.consumer ??= await this.#worker(queue.priority);
      if (this.#isStopped) return;
      const request = await queue.consumer.fetch({
        max_messages: count,
        expires: EXPIRES_MS,
        idle_heartbeat: HEARTBEAT_MS,
      });
      this.#requests.add(request);
      try {
        for await (const message of request) {
          left--;
          queue.asked--;
          void this.#take(message, queue);
        }
      } finally {
        this.#requests.delete(request);
      }
    } catch {
      // The server is away, or the consumer was removed; it is created again.
      queue.consumer = undefined;
      await new Promise((resolve) => setTimeout(resolve, RETRY_MS));
    } finally {
      queue.asked -= left;
      if (!this.#host.connection.isClosed()) this.#ask(queue);
    }
  }

  async #take(message: JsMsg, queue: Queue): Promise<void> {
    this.#held.add(message);
    queue.held++;
    try {
      await this.#run(message, queue.priority);
    } catch {
      // Its results cannot be stored. Another host may be able to.
      message.nak(OTHER_HOST_MS);
    } finally {
      this.#held.delete(message);
      queue.held--;
      if (this.#held.size === 0) this.#onIdle?.();
      this.#ask(queue);
    }
  }

  async #run(message: JsMsg, priority: ClusterPriority): Promise<void> {
    const { tasks, maxDeliveries, subjects, payloads, name, version, runtime } =
      this.#host;
    const work = workIn(message.subject);
    const task = tasks.get(work.task);
    const isTooOften = message.info.deliveryCount > maxDeliveries;
    const started = performance.now();
    let frame: Frame | undefined;
    let outcomes: ItemOutcome[];
    try {
      frame = readFrame(message.data, name);
      checkVersion(frame, version, name);
      if (isTooOften || task === undefined) {
        throw deliveredTooOften(work, maxDeliveries);
      }
      const run = this.#outcomes.bind(this, frame, work, task, priority);
      const observed = beginServing(message, task, priority, runtime);
      outcomes = observed === undefined
        ? await run()
        : await observed.endWith(observed.runHere(run), () => ({
          items: work.count,
        }));
    } catch (error) {
      const isForOthers = task === undefined ||
        error instanceof ClusterVersionError;
      if (isForOthers && !isTooOften) return message.nak(OTHER_HOST_MS);
      outcomes = failAll(work, error);
    }
    const ms = performance.now() - started;
    this.#count(work, outcomes, ms);
    // In microseconds: the caller decides by it how many items share a message.
    const number = ms * 1000;
    const bytes = await writeOutcomes(
      payloads,
      { kind: KIND.RESULTS, number, text: name },
      outcomes,
    );
    const range = rangeToken(work);
    await this.#streams!.publish(
      `${subjects.runResults(work.map, work.run)}.${range}`,
      bytes,
      `${work.run}.${range}`,
    );
    message.ack();
    if (frame !== undefined) await payloads.release(frame).catch(() => {});
  }

  async #outcomes(
    frame: Frame,
    work: WorkSubject,
    task: AnyFunction,
    priority: ClusterPriority,
  ): Promise<ItemOutcome[]> {
    const { payloads, runtime } = this.#host;
    const whole = isStored(frame) ? await payloads.fetch(frame) : frame;
    const items = payloads.readArguments(whole, true);
    if (items.length !== work.count) {
      throw new Error(`Cannot run items: ${items.length}, not ${work.count}`);
    }
    const view = runtime.with({ priority, queue: "wait" });
    return await Promise.allSettled(
      items.map((item) => view.spawnCompute(task, item)),
    );
  }

  #count(work: WorkSubject, outcomes: ItemOutcome[], ms: number): void {
    const counter = this.#host.counters.get(work.task);
    for (const { status } of outcomes) {
      counter?.count(ms / outcomes.length, status === "rejected");
    }
  }
}

function failAll({ count }: WorkSubject, reason: unknown): ItemOutcome[] {
  return Array.from({ length: count }, () => ({ status: "rejected", reason }));
}

function deliveredTooOften(
  { task, first, count }: WorkSubject,
  maxDeliveries: number,
): WorkerLostError {
  return new WorkerLostError(
    `Cannot run ${task} for items ${first} to ${
      first + count - 1
    }: ${maxDeliveries} hosts ` +
      "that took them were lost, or did not offer the task; look for what ends the hosts, " +
      "or raise maxDeliveries",
  );
}
