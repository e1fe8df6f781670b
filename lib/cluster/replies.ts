/**
 * The calls of a caller that wait for answers from hosts.
 *
 * @module
 */

import { performance } from "node:perf_hooks";
import { clearInterval, setInterval } from "node:timers";
import {
  ClusterError,
  HostLostError,
  NoHostError,
  QueueFullError,
} from "../errors.ts";
import type { Carrier } from "../observers/observers.ts";
import {
  createInbox,
  endOfConnection,
  type Msg,
  type NatsConnection,
  writeHeaders,
} from "./connection.ts";
import { type Frame, KIND, readFrame, writeFrame } from "./frame.ts";
import { Outbox } from "./outbox.ts";
import type { Subjects } from "./subjects.ts";

/** How often a host says that it still works on a call. */
export const WORKING_MS = 2_500;
/** After this time without a word, a host is lost. */
const LOST_MS = 4 * WORKING_MS;
/** When a request is sent again that found no host. */
const AGAIN_MS = 100;

/** A call that waits. */
export interface WaitingCall {
  /** Names the call in errors. */
  readonly task: string;
  /** Called with each report. */
  reported(frame: Frame): void;
  /** Called once with the result, or what the task threw. */
  answered(frame: Frame): void;
  /** Called once in place of that. */
  failed(error: unknown): void;
}

interface Entry {
  readonly call: WaitingCall;
  heardAt: number;
  /** The host that works on it, if that is known. */
  host: string | undefined;
  /** The caller no longer waits, but the host is not known yet. */
  isCancelled: boolean;
  /** Sends the request. */
  readonly publish: () => void;
  /** Says whether the request was not sent, and will not be. */
  takeBack: (() => boolean) | undefined;
}

/** Receives answers on one subscription, and gives each to its call. */
export class Replies {
  readonly #connection: NatsConnection;
  readonly #subjects: Subjects;
  readonly #inbox: string;
  readonly #outbox: Outbox;
  readonly #entries = new Map<string, Entry>();
  #lastNumber = 0;
  /** Why no call can be sent. */
  #end: { readonly error: unknown } | undefined;
  /** Not one for each call, which would take longer than all else. */
  #timer: ReturnType<typeof setInterval> | undefined;

  constructor(
    connection: NatsConnection,
    subjects: Subjects,
    inboxPrefix?: string,
  ) {
    this.#connection = connection;
    this.#subjects = subjects;
    this.#inbox = createInbox(inboxPrefix);
    this.#outbox = new Outbox(connection, 0, () => this.#hearAgain());
    void endOfConnection(connection).then((error) => this.close(error));
    connection.subscribe(`${this.#inbox}.*`, {
      callback: (error, message) => {
        if (error === null) this.#receive(message);
      },
    });
  }

  /** Number of calls that wait. */
  get count(): number {
    return this.#entries.size;
  }

  /**
   * Sends a request, as soon as there is a connection, and waits for its answer.
   *
   * @param carrier What goes along in headers.
   * @returns What stands for the call.
   */
  send(
    subject: string,
    frame: Uint8Array,
    call: WaitingCall,
    carrier: Carrier | undefined,
  ): string {
    if (this.#end !== undefined) throw this.#end.error;
    const id = (++this.#lastNumber).toString(36);
    const entry: Entry = {
      call,
      heardAt: performance.now(),
      host: undefined,
      isCancelled: false,
      publish: () => {
        entry.heardAt = performance.now();
        this.#connection.publish(subject, frame, {
          reply: `${this.#inbox}.${id}`,
          headers: carrier && writeHeaders(carrier),
        });
      },
      takeBack: undefined,
    };
    this.#entries.set(id, entry);
    this.#timer ??= setInterval(() => this.#findLost(), WORKING_MS).unref();
    try {
      entry.takeBack = this.#outbox.post(entry.publish);
    } catch (error) {
      // One that has just ended: close() will say why.
      if (!this.#connection.isClosed()) {
        this.#entries.delete(id);
        throw error;
      }
    }
    return id;
  }

  /** Forgets a call. Its host ends it, as soon as it is known. */
  cancel(id: string): void {
    const entry = this.#entries.get(id);
    if (entry === undefined) return;
    if (entry.takeBack?.()) this.#entries.delete(id);
    else if (entry.host === undefined) entry.isCancelled = true;
    else this.#tellHost(id, entry.host);
  }

  /** Fails all calls, and those to come. */
  close(error: unknown): void {
    this.#end ??= { error };
    for (const [id, { call, isCancelled }] of [...this.#entries]) {
      this.#entries.delete(id);
      if (!isCancelled) call.failed(error);
    }
  }

  #receive(message: Msg): void {
    const id = message.subject.slice(this.#inbox.length + 1);
    const entry = this.#entries.get(id);
    if (entry === undefined) return;
    if (message.data.length === 0 && message.headers?.code === 503) {
      // Hosts may be back a moment later than this caller.
      if (this.#outbox.isNewlyBack) {
        setTimeout(() => this.#sendAgain(id, entry), AGAIN_MS);
      } else this.#settle(id, entry, (call) => call.failed(noHost(call)));
      return;
    }
    try {
      this.#read(id, entry, readFrame(message.data));
    } catch (error) {
      this.#settle(id, entry, (call) => call.failed(error));
    }
  }

  /** Sends a request that nobody has received. */
  #sendAgain(id: string, entry: Entry): void {
    if (this.#entries.get(id) !== entry) return;
    try {
      if (entry.isCancelled) this.#entries.delete(id);
      else entry.takeBack = this.#outbox.post(entry.publish);
    } catch (error) {
      this.#settle(id, entry, (call) => call.failed(error));
    }
  }

  #read(id: string, entry: Entry, frame: Frame): void {
    switch (frame.kind) {
      case KIND.WORKING:
        entry.heardAt = performance.now();
        entry.host = frame.text;
        if (entry.isCancelled) this.#tellHost(id, frame.text);
        return;
      case KIND.REPORT:
        entry.heardAt = performance.now();
        if (!entry.isCancelled) entry.call.reported(frame);
        return;
      case KIND.BUSY:
        return this.#settle(id, entry, (call) => {
          call.failed(
            new QueueFullError(
              frame.number,
              frame.number,
              `Cannot call ${call.task}: host ${frame.text} has as many calls as it may; ` +
                "start more hosts, raise maxCalls, or make fewer calls at a time",
            ),
          );
        });
      default:
        return this.#settle(id, entry, (call) => call.answered(frame));
    }
  }

  #settle(id: string, entry: Entry, settle: (call: WaitingCall) => void): void {
    this.#entries.delete(id);
    if (!entry.isCancelled) settle(entry.call);
  }

  #tellHost(id: string, host: string): void {
    this.#entries.delete(id);
    const text = `${this.#inbox}.${id}`;
    if (this.#connection.isClosed()) return;
    this.#connection.publish(
      this.#subjects.cancel(host),
      writeFrame({ kind: KIND.CANCEL, text }),
    );
  }

  /** Nothing could be heard of hosts while the connection was lost. */
  #hearAgain(): void {
    const now = performance.now();
    for (const entry of this.#entries.values()) entry.heardAt = now;
  }

  #findLost(): void {
    if (this.#entries.size === 0) {
      clearInterval(this.#timer);
      this.#timer = undefined;
    }
    const limit = performance.now() - LOST_MS;
    for (const [id, entry] of this.#entries) {
      if (entry.heardAt > limit) continue;
      const error = entry.takeBack?.() ? notSent : hostLost;
      this.#settle(id, entry, (call) => call.failed(error(call, entry)));
    }
  }
}

function noHost({ task }: WaitingCall): NoHostError {
  return new NoHostError(
    `Cannot call ${task}: no host of the group offers a task of that name; start one with ` +
      "loom serve, or check group and prefix",
  );
}

function notSent({ task }: WaitingCall): ClusterError {
  return new ClusterError(
    `Cannot call ${task}: there was no connection to NATS for ${
      LOST_MS / 1000
    } s, and the call was not sent; start the server again, or pass addresses of several`,
  );
}

function hostLost({ task }: WaitingCall, { host }: Entry): HostLostError {
  return new HostLostError(
    `Lost host ${host ?? "(unknown)"} while it ran ${task}: not heard of for ${
      LOST_MS / 1000
    } s; the task may have run. Call it again if that does no harm, or use a durable ` +
      "computeMap",
  );
}
