/**
 * The connection to NATS. The only file that imports its transport.
 *
 * @module
 */

import {
  type Authenticator,
  connect,
  createInbox,
  credsAuthenticator,
  headers,
  type Msg,
  type MsgHdrs,
  type NatsConnection,
  nkeyAuthenticator,
  nuid,
} from "@nats-io/transport-node";
import { readFileSync } from "node:fs";
import { ClusterError } from "../errors.ts";
import type { Carrier } from "../observers/observers.ts";

export type { Msg, NatsConnection };
export { createInbox };

/** How long after a refusal a reset may be reported. */
const RESET_MS = 100;

/** Why connections have ended; settled when they have. */
const ENDS = new WeakMap<NatsConnection, Promise<ClusterError>>();

/** How to reach NATS, and what it demands of users. */
export interface ConnectionOptions {
  /** Addresses of servers; `127.0.0.1:4222` by default. */
  readonly servers?: string | readonly string[];
  /** Name of the user. */
  readonly user?: string;
  /** Password of the user. */
  readonly pass?: string;
  /** Token, in place of a user. */
  readonly token?: string;
  /**
   * Path of a file with a JWT and its NKey seed, as `nsc` writes it. It is read again with
   * each connection, so that a JWT can be renewed there before it expires.
   */
  readonly credentialsFile?: string;
  /** Path of a file with the seed of an NKey. */
  readonly nkeySeedFile?: string;
  /** Certificates, as PEM texts or paths; `{}` for those of the system. */
  readonly tls?: {
    readonly ca?: string;
    readonly caFile?: string;
    readonly cert?: string;
    readonly certFile?: string;
    readonly key?: string;
    readonly keyFile?: string;
  };
  /** What subjects of answers begin with; `"_INBOX"` by default. */
  readonly inboxPrefix?: string;
  /** Any other options of NATS' own client, its `NodeConnectionOptions`. */
  readonly nats?: object;
}

/**
 * Connects, and reconnects whenever the connection is lost, until the server no longer
 * accepts the credentials.
 *
 * @param name Shown by the server's monitoring.
 * @throws {ClusterError} If no server can be reached, or none accepts the credentials.
 */
export async function connectToNats(
  options: ConnectionOptions,
  name: string,
): Promise<NatsConnection> {
  const { servers = "127.0.0.1:4222", user, pass, token, tls, inboxPrefix } =
    options;
  const given = Object.entries({ user, pass, token, tls, inboxPrefix })
    .filter(([, value]) => value !== undefined);
  const authenticator = authenticators(options);
  const resets = new IgnoredResets();
  resets.begin();
  try {
    const connection = await connect({
      name,
      maxReconnectAttempts: -1,
      reconnectTimeWait: 500,
      ...authenticator.length > 0 ? { authenticator } : {},
      servers: servers as string | string[],
      ...Object.fromEntries(given),
      ...options.nats,
    });
    resets.end();
    ENDS.set(connection, endOf(connection, resets));
    return connection;
  } catch (error) {
    resets.endSoon();
    throw new ClusterError(
      `Cannot connect to NATS at ${servers}: ${
        (error as Error).message
      }; start a server, or pass its address as servers and what it demands of users`,
      { cause: error },
    );
  }
}

/** Calls a function each time when the connection is back after it was lost. */
export async function onReconnect(
  connection: NatsConnection,
  listener: () => void,
): Promise<void> {
  for await (const { type } of connection.status()) {
    if (type === "reconnect") listener();
  }
}

/** Resolves when the connection has ended for good, with the reason. */
export function endOfConnection(
  connection: NatsConnection,
): Promise<ClusterError> {
  return ENDS.get(connection)!;
}

async function endOf(
  connection: NatsConnection,
  resets: IgnoredResets,
): Promise<ClusterError> {
  let refusal: Error | undefined;
  for await (const status of connection.status()) {
    if (status.type !== "error") continue;
    resets.begin();
    resets.endSoon();
    // The error of the end may be what the client found afterwards: a connection refused.
    if (status.error.name !== "PermissionViolationError") {
      refusal = status.error;
    }
  }
  const error = await connection.closed();
  if (error === undefined) {
    return new ClusterError("Cannot use connection to NATS: it is closed");
  }
  const { message } = refusal ?? error as Error;
  return new ClusterError(
    `Lost connection to NATS: ${message}; renew the credentials, and connect again`,
    { cause: error },
  );
}

function authenticators(
  { credentialsFile, nkeySeedFile }: ConnectionOptions,
): Authenticator[] {
  const found: Authenticator[] = [];
  if (credentialsFile !== undefined) {
    found.push(credsAuthenticator(renewed(credentialsFile)));
  }
  if (nkeySeedFile !== undefined) {
    const seed = renewed(nkeySeedFile);
    const trimmed = () =>
      new TextEncoder().encode(new TextDecoder().decode(seed()).trim());
    found.push(nkeyAuthenticator(trimmed));
  }
  return found;
}

/** Returns a function that reads a file; what it read before, where that fails. */
function renewed(path: string): () => Uint8Array {
  let content: Uint8Array;
  try {
    content = readFileSync(path);
  } catch (error) {
    throw new ClusterError(
      `Cannot read credentials: ${
        (error as Error).message
      }; pass the path of a file that ` +
        "this program may read",
      { cause: error },
    );
  }
  return () => {
    try {
      content = readFileSync(path);
    } catch {
      // It is being replaced.
    }
    return content;
  };
}

/**
 * A server that refuses a client resets the connection. Deno then reports it to a socket from
 * which NATS' client has already removed its listeners (`_closed()` and `discard()` in
 * `node_transport.js`), and an error that nobody listens to ends the process, although the
 * client has said what the server said.
 */
class IgnoredResets {
  #timer: ReturnType<typeof setTimeout> | undefined;
  readonly #onError = (event: Event) => {
    const { error } = event as ErrorEvent;
    if (error?.code === "ECONNRESET" && error.syscall === "read") {
      event.preventDefault();
    }
  };

  begin(): void {
    if ("Deno" in globalThis) {
      globalThis.addEventListener("error", this.#onError);
    }
  }

  end(): void {
    clearTimeout(this.#timer);
    if ("Deno" in globalThis) {
      globalThis.removeEventListener("error", this.#onError);
    }
  }

  endSoon(): void {
    clearTimeout(this.#timer);
    this.#timer = setTimeout(() => this.end(), RESET_MS);
  }
}

/** Returns a text that is unique in the world. */
export function uniqueName(): string {
  return nuid.next();
}

/** Most bytes of one message, as the server says. */
export function maxMessageBytes(connection: NatsConnection): number {
  return connection.info?.max_payload ?? 1024 * 1024;
}

/** What is read of the headers of a message, of any version of NATS' client. */
export interface MessageHeaders {
  /** The names of the headers. */
  keys(): string[];
  /** The text of one. */
  get(name: string): string;
}

/** Texts as the headers of a message. */
export function writeHeaders(carrier: Carrier): MsgHdrs {
  const written = headers();
  for (const [name, text] of Object.entries(carrier)) written.set(name, text);
  return written;
}

/** The opposite of {@linkcode writeHeaders}. */
export function readHeaders(read: MessageHeaders): Carrier {
  return Object.fromEntries(read.keys().map((name) => [name, read.get(name)]));
}

/** How many bytes of its message headers take. */
export function headerBytes(carrier: Carrier): number {
  const lines = Object.entries(carrier).map((each) => `${each.join(": ")}\r\n`);
  return new TextEncoder().encode(`NATS/1.0\r\n${lines.join("")}\r\n`).length;
}
