/**
 * The web server and its routes.
 *
 * @module
 */

import { once } from "node:events";
import {
  createServer,
  type IncomingMessage,
  type Server,
  type ServerResponse,
} from "node:http";
import type { AddressInfo } from "node:net";
import type { LoomRuntime } from "../../mod.ts";
import { drawPng } from "./picture.ts";

/** A heavy picture, drawn by a compute worker. */
export const ON_LOOM = "/mandelbrot.png";
/** The same picture, drawn by the event loop, which answers no requests meanwhile. */
export const INLINE = "/mandelbrot-inline.png";
/** The light route. */
export const TIME = "/time";

const WIDTH = 320;
const HEIGHT = 200;

interface Answer {
  readonly type: string;
  readonly body: string | Uint8Array;
}

/** A web server that draws on a runtime. Closing it does not end the runtime. */
export class WebServer {
  readonly #runtime: LoomRuntime;
  readonly #server: Server;
  /** Requests that have no answer yet. */
  readonly #open = new Set<Promise<void>>();

  constructor(runtime: LoomRuntime) {
    this.#runtime = runtime;
    this.#server = createServer((request, response) => {
      const answered = this.#respond(request, response);
      this.#open.add(answered);
      void answered.finally(() => this.#open.delete(answered));
    });
  }

  /** Starts to listen and returns the server's URL; port 0 selects a free port. */
  async listen(port: number): Promise<string> {
    this.#server.listen(port, "127.0.0.1");
    await once(this.#server, "listening");
    const address = this.#server.address() as AddressInfo;
    return `http://127.0.0.1:${address.port}`;
  }

  /** Accepts no more connections and resolves when all requests are answered. */
  async close(): Promise<void> {
    const closed = once(this.#server, "close");
    this.#server.close();
    while (this.#open.size > 0) await Promise.all(this.#open);
    // The remaining connections are idle; clients keep them for later requests.
    this.#server.closeAllConnections();
    await closed;
  }

  async #respond(
    request: IncomingMessage,
    response: ServerResponse,
  ): Promise<void> {
    const closed = once(response, "close");
    try {
      const answer = await this.#answer(request.url);
      if (!this.#server.listening) response.setHeader("connection", "close");
      if (answer === undefined) response.writeHead(404).end("Not found\n");
      else {
        response.writeHead(200, { "content-type": answer.type });
        response.end(answer.body);
      }
    } catch (error) {
      console.error(error);
      response.writeHead(500).end("Cannot answer\n");
    }
    await closed;
  }

  async #answer(url: string | undefined): Promise<Answer | undefined> {
    switch (url) {
      case TIME:
        return {
          type: "application/json",
          body: JSON.stringify({ time: new Date() }),
        };
      case ON_LOOM:
        return {
          type: "image/png",
          body: await this.#runtime.spawnCompute(drawPng, WIDTH, HEIGHT),
        };
      case INLINE:
        return { type: "image/png", body: drawPng(WIDTH, HEIGHT) };
    }
  }
}
