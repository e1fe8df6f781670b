/**
 * A NATS server for tests, on a free port that other machines cannot reach.
 *
 * @module
 */

import { type ChildProcess, spawn, spawnSync } from "node:child_process";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { createServer } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import process from "node:process";

/** What a server can be started with. */
export interface ServerOptions {
  /** Lines of its configuration file. */
  readonly config?: string;
  /** Whether it has JetStream. True when not given. */
  readonly jetstream?: boolean;
}

/** Debian's server is not on the path of users. */
const CANDIDATES = ["nats-server", "/usr/sbin/nats-server"];
/** How long a server may take until it is ready. */
const READY_MS = 30_000;

/** Path of the server; undefined where it is not installed. */
export const NATS_SERVER: string | undefined = CANDIDATES.find((path) =>
  spawnSync(path, ["--version"]).status === 0
);

/** Why tests are skipped that need a server. */
export const NO_SERVER = "nats-server is not installed";

/** A server, which can be killed and started again with its store. */
export class NatsServer implements AsyncDisposable {
  #options: ServerOptions;
  readonly #folder = mkdtempSync(join(tmpdir(), "loom-nats-"));
  #child: ChildProcess | undefined;
  #exited: Promise<unknown> = Promise.resolve();
  #port = 0;
  #log = "";

  private constructor(options: ServerOptions) {
    this.#options = options;
  }

  /** Starts a server; resolves when it accepts connections. */
  static async start(options: ServerOptions = {}): Promise<NatsServer> {
    const server = new NatsServer(options);
    server.#port = await freePort();
    await server.restart();
    return server;
  }

  /** Its address. */
  get url(): string {
    return `nats://127.0.0.1:${this.#port}`;
  }

  /** What it has written. */
  get log(): string {
    return this.#log;
  }

  /** Ends it at once. */
  async kill(): Promise<void> {
    this.#child?.kill("SIGKILL");
    await this.#exited;
  }

  /** Starts it with the same port and store, and other options if they are given. */
  async restart(options: ServerOptions = this.#options): Promise<void> {
    this.#options = options;
    const { config = "", jetstream = true } = this.#options;
    const path = join(this.#folder, "server.conf");
    writeFileSync(path, config);
    const store = join(this.#folder, "store");
    const child = spawn(NATS_SERVER!, [
      ...["-c", path, "-a", "127.0.0.1", "-p", String(this.#port)],
      ...jetstream ? ["-js", "-sd", store] : [],
    ], { stdio: ["ignore", "ignore", "pipe"] });
    this.#child = child;
    process.once("exit", () => child.kill("SIGKILL"));
    const ready = Promise.withResolvers<void>();
    this.#exited = new Promise((resolve) => child.once("exit", resolve));
    const fail = (reason: string) =>
      ready.reject(new Error(`Cannot start server: ${reason}\n${this.#log}`));
    child.once("error", (error) => fail(error.message));
    child.once("exit", () => fail("it ended"));
    const timer = setTimeout(() => fail("it is not ready"), READY_MS);
    let text = "";
    child.stderr!.setEncoding("utf8").on("data", (part) => {
      this.#log += part;
      text += part;
      if (text.includes("Server is ready")) ready.resolve();
    });
    try {
      await ready.promise;
    } finally {
      clearTimeout(timer);
    }
  }

  /**
   * Kills it, and starts it without the messages of a stream and their numbers: what is left if
   * it is killed while it removes the last message.
   */
  async loseMessages(stream: string): Promise<void> {
    await this.kill();
    const streams = join(this.#folder, "store/jetstream/$G/streams");
    rmSync(join(streams, stream, "msgs"), { recursive: true });
    await this.restart();
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.kill();
    rmSync(this.#folder, { recursive: true, force: true });
  }
}

/** A port that is free now. */
async function freePort(): Promise<number> {
  const server = createServer();
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const { port } = server.address() as { port: number };
  await new Promise((resolve) => server.close(resolve));
  return port;
}
