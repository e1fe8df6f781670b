/**
 * The streams of durable maps. The only file that imports the client of JetStream.
 *
 *     WORK      items that no host has finished: a work queue, with a consumer for each
 *               group and priority, which all hosts of the group share
 *     RESULTS   results that no caller has taken
 *     MAPS      how far each map is; one message for each
 *
 * @module
 */

import {
  AckPolicy,
  type Consumer,
  type ConsumerInfo,
  type ConsumerMessages,
  DeliverPolicy,
  DiscardPolicy,
  jetstream,
  JetStreamApiError,
  type JetStreamClient,
  type JetStreamManager,
  jetstreamManager,
  type JsMsg,
  RetentionPolicy,
  StorageType,
} from "@nats-io/jetstream";
import { ClusterError } from "../errors.ts";
import type { Carrier } from "../observers/observers.ts";
import {
  endOfConnection,
  type NatsConnection,
  writeHeaders,
} from "./connection.ts";
import {
  type ClusterPriority,
  type ItemRange,
  rangeIn,
  type Subjects,
} from "./subjects.ts";

export type { Consumer, ConsumerMessages, JsMsg };

/** A stream, by the kind of subjects that it keeps. */
export type StreamKind = "work" | "result" | "map";

/** The last message of a subject. */
export interface LastMessage {
  readonly data: Uint8Array;
  /** Number of the message in its stream. */
  readonly sequence: number;
}

/** What nobody has taken for so long is removed. */
const KEEP_NANOS = 7 * 24 * 60 * 60 * 1e9;
/** How long the server recognises a message that is sent again. */
const DUPLICATE_NANOS = 2 * 60 * 1e9;
const PUBLISH_TIMEOUT_MS = 5_000;
const RETRY_MS = { first: 50, most: 2_000 };
/**
 * How long a request for results stays at the server, and how often that says that it is
 * there: a server that starts again no longer knows the reader.
 */
const READ_MS = { expires: 10_000, heartbeat: 1_000 };
/** The server's code for an update of a message that is not the last one. */
const WRONG_LAST_SEQUENCE = 10071;

/** Sends to the streams of one prefix, and reads from them. */
export class Streams {
  readonly #connection: NatsConnection;
  readonly #subjects: Subjects;
  readonly #client: JetStreamClient;
  #opened: Promise<JetStreamManager> | undefined;

  constructor(connection: NatsConnection, subjects: Subjects) {
    this.#connection = connection;
    this.#subjects = subjects;
    this.#client = jetstream(connection, { timeout: PUBLISH_TIMEOUT_MS });
  }

  /**
   * Creates the streams that do not exist.
   *
   * @throws {ClusterError} If JetStream cannot be used.
   */
  open(): Promise<JetStreamManager> {
    return this.#opened ??= this.#open().catch(async (error) => {
      this.#opened = undefined;
      const reason = await this.reasonOf(error);
      if (reason !== error) throw reason;
      throw new ClusterError(
        `Cannot use JetStream: ${error.message}; start the server with JetStream ` +
          "(nats-server -js -sd FOLDER), and allow this user the streams of the guide",
        { cause: error },
      );
    });
  }

  /** Stores a message, trying until the server has confirmed it or `signal` is aborted. */
  async publish(
    subject: string,
    bytes: Uint8Array,
    id: string,
    { signal, carrier }: {
      readonly signal?: AbortSignal;
      /** What goes along in headers. */
      readonly carrier?: Carrier | undefined;
    } = {},
  ): Promise<void> {
    const publish = () => {
      const headers = carrier && writeHeaders(carrier);
      return this.#client.publish(subject, bytes, { msgID: id, headers });
    };
    await this.persist(publish, signal);
  }

  /**
   * Replaces the last message of a subject if `sequence` is its number; 0 for none.
   *
   * @returns The number of the new message; undefined if another one is there.
   */
  async replace(
    subject: string,
    bytes: Uint8Array,
    sequence: number,
  ): Promise<number | undefined> {
    try {
      const { seq } = await this.persist(() =>
        this.#client.publish(subject, bytes, {
          expect: { lastSubjectSequence: sequence },
        })
      );
      return seq;
    } catch (error) {
      if (
        error instanceof JetStreamApiError &&
        error.apiError().err_code === WRONG_LAST_SEQUENCE
      ) return undefined;
      throw error;
    }
  }

  /** Returns the last message of a subject. */
  async last(
    kind: StreamKind,
    subject: string,
  ): Promise<LastMessage | undefined> {
    const manager = await this.open();
    const message = await this.persist(() =>
      manager.streams.getMessage(this.#nameOf(kind), {
        last_by_subj: subject,
      })
    );
    if (message === null) return undefined;
    return { data: message.data, sequence: message.seq };
  }

  /** Returns the ranges of items that a stream has under a subject. */
  async ranges(kind: StreamKind, subject: string): Promise<ItemRange[]> {
    const manager = await this.open();
    const { state } = await this.persist(() =>
      manager.streams.info(this.#nameOf(kind), {
        subjects_filter: `${subject}.*`,
      })
    );
    return Object.keys(state.subjects ?? {}).map(rangeIn);
  }

  /** Removes the messages of a subject, those before `sequence` if it is given. */
  async purge(
    kind: StreamKind,
    subject: string,
    sequence?: number,
  ): Promise<void> {
    const manager = await this.open();
    await this.persist(() =>
      manager.streams.purge(this.#nameOf(kind), {
        filter: subject,
        ...sequence === undefined ? {} : { seq: sequence },
      })
    );
  }

  /** Delivers all results of a run that are stored, and those that follow. */
  async results(subject: string): Promise<ConsumerMessages> {
    await this.open();
    const consumer = await this.persist(() =>
      this.#client.consumers.get(this.#nameOf("result"), {
        filter_subjects: `${subject}.*`,
        deliver_policy: DeliverPolicy.All,
      })
    );
    return await consumer.consume({
      max_messages: 256,
      expires: READ_MS.expires,
      idle_heartbeat: READ_MS.heartbeat,
    });
  }

  /** The consumer that the hosts of a group share, for one priority. */
  async worker(
    group: string,
    priority: ClusterPriority,
    redeliverAfterMs: number,
  ): Promise<Consumer> {
    const manager = await this.open();
    const stream = this.#nameOf("work");
    const name = `${group}-${priority}`;
    const subject = this.#subjects.workOf(group, priority);
    const get = () => this.#client.consumers.get(stream, name);
    const found = await get().catch(() => undefined);
    if (found !== undefined) {
      if (!await this.#isAhead(manager, await found.info(true), subject)) {
        return found;
      }
      // Another host may have removed it.
      await manager.consumers.delete(stream, name).catch(() => {});
    }
    await manager.consumers.add(stream, {
      durable_name: name,
      ack_policy: AckPolicy.Explicit,
      ack_wait: redeliverAfterMs * 1e6,
      max_ack_pending: -1,
      max_waiting: 100_000,
      filter_subject: subject,
    });
    return await get();
  }

  /**
   * Whether a consumer takes messages for delivered that it has never seen. Servers of several
   * versions that are killed while they remove the last message of a stream number messages
   * from 1 again, and their consumers wait for higher numbers: see
   * https://github.com/nats-io/nats-server/issues/6600 and 6881.
   */
  async #isAhead(
    manager: JetStreamManager,
    { delivered, ack_floor }: ConsumerInfo,
    subject: string,
  ): Promise<boolean> {
    const stream = this.#nameOf("work");
    const { state } = await manager.streams.info(stream);
    if (delivered.stream_seq > state.last_seq) return true;
    // New messages may have got further meanwhile. What is acknowledged is not there any more.
    const query = { seq: 1, next_by_subj: subject };
    const first = await manager.streams.getMessage(stream, query);
    return first !== null && first.seq <= ack_floor.stream_seq;
  }

  /** Returns why the connection has ended, in place of an error that only follows from that. */
  async reasonOf(error: unknown): Promise<unknown> {
    return isOfEnd(error) || this.#connection.isClosed()
      ? await endOfConnection(this.#connection)
      : error;
  }

  /** Tries again while the server is away. */
  async persist<T>(
    attempt: () => Promise<T>,
    signal?: AbortSignal,
  ): Promise<T> {
    for (let pauseMs = RETRY_MS.first;; pauseMs *= 2) {
      signal?.throwIfAborted();
      try {
        return await attempt();
      } catch (error) {
        if (isFinal(error)) throw await this.reasonOf(error);
      }
      await new Promise((resolve) =>
        setTimeout(resolve, Math.min(pauseMs, RETRY_MS.most))
      );
    }
  }

  async #open(): Promise<JetStreamManager> {
    const manager = await jetstreamManager(this.#connection, {
      checkAPI: true,
      timeout: PUBLISH_TIMEOUT_MS,
    });
    const common = {
      storage: StorageType.File,
      max_age: KEEP_NANOS,
      discard: DiscardPolicy.New,
      duplicate_window: DUPLICATE_NANOS,
    };
    await this.#ensure(manager, "work", {
      ...common,
      retention: RetentionPolicy.Workqueue,
    });
    await this.#ensure(manager, "result", common);
    await this.#ensure(manager, "map", {
      ...common,
      discard: DiscardPolicy.Old,
      max_msgs_per_subject: 1,
    });
    return manager;
  }

  async #ensure(
    manager: JetStreamManager,
    kind: StreamKind,
    config: object,
  ): Promise<void> {
    const name = this.#nameOf(kind);
    try {
      await manager.streams.info(name);
    } catch (error) {
      // Where users may not ask about it, an administrator has created it.
      if (!(error instanceof JetStreamApiError)) throw error;
      await manager.streams.add({
        name,
        subjects: [this.#subjects.all(kind)],
        ...config,
      });
    }
  }

  #nameOf(kind: StreamKind): string {
    const names = { work: "WORK", result: "RESULTS", map: "MAPS" };
    return this.#subjects.stream(names[kind]);
  }
}

/** Whether trying again is of no use. */
function isFinal(error: unknown): boolean {
  if (error instanceof JetStreamApiError) return error.status < 500;
  const { name } = error as Error;
  return /^(Permission|Authorization|InvalidArgument|Invalid)/.test(name) ||
    error instanceof TypeError || isOfEnd(error);
}

function isOfEnd(error: unknown): boolean {
  return (error as Error).name === "ClosedConnectionError";
}
