/**
 * Lets tools look into a runtime, over HTTP. Loaded only where a runtime is observed.
 *
 * @module
 */

import {
  createServer,
  type IncomingMessage,
  type Server,
  type ServerResponse,
} from "node:http";
import type { AddressInfo } from "node:net";
import process from "node:process";
import { unlinkSync } from "node:fs";
import type { LoomConfig } from "../config/schema.ts";
import { isLoopbackName, SAFETY_HEADERS } from "../dashboard/browser_safety.ts";
import { LoomError } from "../errors.ts";
import type { ObserverAddresses } from "../handles.ts";
import type { LoomRuntime } from "../runtime.ts";
import { type Answer, Answers, refusal } from "./answers.ts";
import { listen, listenOnSocket } from "./socket.ts";

/** Answers the requests of tools until the runtime has ended. */
export class Observer {
  /** Where tools reach it. */
  addresses: ObserverAddresses = {};
  readonly #servers: Server[] = [];
  #answers: Answers | undefined;
  readonly #removeSocket = (): void => {
    try {
      if (this.addresses.socket !== undefined) {
        unlinkSync(this.addresses.socket);
      }
    } catch {
      // Somebody else has removed it.
    }
  };

  /** The runtime is ready: until now, requests were refused. */
  attach(runtime: LoomRuntime): void {
    this.#answers = new Answers(runtime);
    runtime.setObserver(this.addresses);
  }

  /** Opens the Unix socket. */
  async openSocket(path: string | true): Promise<void> {
    const socket = await listenOnSocket(this.#serve(() => true), path);
    this.addresses = { ...this.addresses, socket };
    // However the process ends, but by a signal: the next one replaces what that leaves.
    process.on("exit", this.#removeSocket);
  }

  /** Opens an address on this machine. */
  async openHttp(address: string): Promise<void> {
    const { hostname, port } = new URL(`http://${address}`);
    const host = hostname.replace(/^\[|\]$/g, "");
    const server = this.#serve(isLoopbackName);
    try {
      await listen(server, { host, port: Number(port || 80) });
    } catch (error) {
      const state = error instanceof Error ? error.message : String(error);
      throw new LoomError(`Cannot observe at ${address}: ${state}`);
    }
    const { port: chosen } = server.address() as AddressInfo;
    const url = `http://${hostname}:${chosen}/`;
    this.addresses = { ...this.addresses, url };
  }

  /** Answers no more. */
  close(): void {
    this.#removeSocket();
    process.off("exit", this.#removeSocket);
    for (const server of this.#servers) {
      server.close();
      server.closeAllConnections();
    }
  }

  /** @param isExpected Whether a request may name this host. */
  #serve(isExpected: (host: string) => boolean): Server {
    const server = createServer((request, response) => {
      void this.#respond(request, response, isExpected);
    });
    // Neither keeps the process alive.
    server.on("connection", (socket) => socket.unref());
    server.unref();
    this.#servers.push(server);
    return server;
  }

  async #respond(
    { method, url = "/", headers }: IncomingMessage,
    response: ServerResponse,
    isExpected: (host: string) => boolean,
  ): Promise<void> {
    let answer: Answer;
    if (!isExpected(headers.host ?? "")) {
      answer = refusal(403, "Refused: the request names another host");
    } else if (method !== "GET" && method !== "HEAD") {
      answer = refusal(405, `Refused: ${method} is no GET`);
    } else if (this.#answers === undefined) {
      answer = refusal(503, "Refused: the runtime has not started yet");
    } else {
      answer = await this.#answers.answer(url);
    }
    response.writeHead(answer.status, {
      ...SAFETY_HEADERS,
      "content-type": answer.type,
    });
    response.end(method === "HEAD" ? undefined : answer.body);
  }
}

/**
 * Opens the ways into a runtime that is about to start.
 *
 * @throws {LoomError} If one of them cannot be opened.
 */
export async function openObserver(
  { observe, observeHttp }: Pick<LoomConfig, "observe" | "observeHttp">,
): Promise<Observer> {
  const observer = new Observer();
  try {
    if (observe !== false) await observer.openSocket(observe);
    if (observeHttp !== undefined) await observer.openHttp(observeHttp);
    return observer;
  } catch (error) {
    observer.close();
    throw error;
  }
}
