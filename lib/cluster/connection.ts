/**
 * The connection to NATS. The only file that imports its transport.
 *
 * @module
 */

import {
  connect,
  createInbox,
  credsAuthenticator,
  type Msg,
  type NatsConnection,
  nkeyAuthenticator,
  nuid,
} from "@nats-io/transport-node";
import { readFileSync } from "node:fs";
import { ClusterError } from "../errors.ts";

export type { Msg, NatsConnection };
export { createInbox };

/** How long after a refusal a reset may be reported. */
const RESET_MS = 100;

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
  /** Path of a file with a JWT and its NKey seed, as `nsc` writes it. */
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
 * Connects, and reconnects for ever when the connection is lost.
 *
 * @param name Shown by the server's monitoring.
 * @throws {ClusterError} If no server can be reached, or none accepts the credentials.
 */
export async function connectToNats(
  options: ConnectionOptions,
  name: string,
): Promise<NatsConnection> {
  const { credentialsFile, nkeySeedFile, nats } = options;
  const { servers = "127.0.0.1:4222", user, pass, token, tls, inboxPrefix } =
    options;
  const given = Object.entries({ user, pass, token, tls, inboxPrefix })
    .filter(([, value]) => value !== undefined);
  const files = [
    ...credentialsFile === undefined
      ? []
      : [credsAuthenticator(readFileSync(credentialsFile))],
    ...nkeySeedFile === undefined
      ? []
      : [nkeyAuthenticator(readSeed(nkeySeedFile))],
  ];
  const resets = new IgnoredResets();
  try {
    const connection = await connect({
      name,
      maxReconnectAttempts: -1,
      reconnectTimeWait: 500,
      ...files.length > 0 ? { authenticator: files } : {},
      servers: servers as string | string[],
      ...Object.fromEntries(given),
      ...nats,
    });
    resets.end();
    return connection;
  } catch (error) {
    setTimeout(() => resets.end(), RESET_MS);
    throw new ClusterError(
      `Cannot connect to NATS at ${servers}: ${
        (error as Error).message
      }; start a server, or pass its address as servers and what it demands of users`,
      { cause: error },
    );
  }
}

/**
 * A server that refuses a client resets the connection. Deno then reports it to a socket from
 * which NATS' client has already removed its listeners, and an error that nobody listens to
 * ends the process, although `connect()` has rejected with what the server said.
 */
class IgnoredResets {
  readonly #onError = (event: Event) => {
    const { error } = event as ErrorEvent;
    if (error?.code === "ECONNRESET" && error.syscall === "read") {
      event.preventDefault();
    }
  };

  constructor() {
    if ("Deno" in globalThis) {
      globalThis.addEventListener("error", this.#onError);
    }
  }

  end(): void {
    if ("Deno" in globalThis) {
      globalThis.removeEventListener("error", this.#onError);
    }
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

function readSeed(path: string): Uint8Array {
  return new TextEncoder().encode(readFileSync(path, "utf8").trim());
}
