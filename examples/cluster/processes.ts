/**
 * The processes of the demo: a NATS server, and hosts that `loom serve` starts.
 *
 * @module
 */

import { type ChildProcess, spawn, spawnSync } from "node:child_process";
import { once } from "node:events";
import { mkdtempSync, rmSync } from "node:fs";
import { createServer } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import process from "node:process";
import { fileURLToPath } from "node:url";

/** A process that can be stopped. */
export interface Running {
  readonly name: string;
  readonly pid: number;
  /** Ends it, and resolves when it has ended. */
  stop(): Promise<void>;
}

/** Starts a server with JetStream on a free port of this machine. */
export async function startServer(): Promise<Running & { url: string }> {
  const path = ["nats-server", "/usr/sbin/nats-server"].find((path) =>
    spawnSync(path, ["--version"]).status === 0
  );
  if (path === undefined) {
    throw new Error(
      "Cannot start NATS: nats-server is not installed; on Debian: apt-get install nats-server",
    );
  }
  const port = await freePort();
  const store = mkdtempSync(join(tmpdir(), "loom-demo-"));
  const options = ["-js", "-sd", store, "-a", "127.0.0.1", "-p", `${port}`];
  const child = spawn(path, options, { stdio: ["ignore", "ignore", "pipe"] });
  await written(child, "stderr", "Server is ready");
  const server = running("server", child);
  return {
    ...server,
    url: `nats://127.0.0.1:${port}`,
    async stop() {
      await server.stop();
      rmSync(store, { recursive: true });
    },
  };
}

/** Starts `loom serve tasks.ts`. */
export async function startHost(url: string, name: string): Promise<Running> {
  const flags = "Deno" in globalThis ? ["run", "-A"] : [];
  const child = spawn(process.execPath, [
    ...flags,
    fileURLToPath(new URL("../../lib/cli/main.ts", import.meta.url)),
    "serve",
    fileURLToPath(new URL("tasks.ts", import.meta.url)),
    ...["--nats", url, "--host-name", name, "--loom-compute-threads", "1"],
    "--no-loom-pin-threads",
  ], { stdio: ["ignore", "pipe", "inherit"] });
  await written(child, "stdout", "Serving");
  return running(name, child);
}

function running(name: string, child: ChildProcess): Running {
  const exited = once(child, "exit");
  process.once("exit", () => child.kill("SIGKILL"));
  return {
    name,
    pid: child.pid!,
    async stop() {
      child.kill("SIGTERM");
      await exited;
    },
  };
}

/** Resolves when a process has written a text; rejects if it ends before. */
function written(
  child: ChildProcess,
  stream: "stdout" | "stderr",
  text: string,
): Promise<void> {
  return new Promise((resolve, reject) => {
    let all = "";
    child[stream]!.setEncoding("utf8").on("data", (part) => {
      all += part;
      if (all.includes(text)) resolve();
    });
    child.once("exit", (code) => {
      reject(new Error(`${child.spawnfile} ended with code ${code}: ${all}`));
    });
  });
}

async function freePort(): Promise<number> {
  const server = createServer();
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  const { port } = server.address() as { port: number };
  server.close();
  await once(server, "close");
  return port;
}
