/**
 * `loom dashboard`: the page of a process, for a browser. Loaded when it runs.
 *
 * @module
 */

import { randomBytes } from "node:crypto";
import {
  createServer,
  type IncomingMessage,
  request,
  type ServerResponse,
} from "node:http";
import type { AddressInfo } from "node:net";
import process from "node:process";
import { isLoopbackName } from "../dashboard/browser_safety.ts";
import { InvalidConfigError, LoomError } from "../errors.ts";
import { ask, findSocket } from "../observer/client.ts";

/** Options of the command, as the command line gives them. */
export interface DashboardFlags {
  /** The port of the page; 0 for a free one. */
  readonly port: string;
}

/**
 * Serves the page of a process on this machine, until SIGINT or SIGTERM. Requests are passed on
 * to the socket of the process, whose page fits its version.
 *
 * @param target The id of the process, or its socket; by default the only one there is.
 * @throws {LoomError} If the process cannot be found or reached, or the port is taken.
 */
export async function runDashboard(
  target: string | undefined,
  flags: DashboardFlags,
  say: (text: string) => void,
): Promise<void> {
  const port = portOf(flags);
  const socket = await findSocket(target);
  const { pid, program } = JSON.parse(await ask(socket, "/snapshot"));
  // The socket is for this user alone, and so is this path; the port is for all of the machine.
  const prefix = `/${randomBytes(16).toString("base64url")}`;
  const server = createServer((incoming, response) =>
    passOn(incoming, response, socket, prefix)
  );
  await new Promise<void>((listening, failed) => {
    server.once(
      "error",
      ({ message }) =>
        failed(new LoomError(`Cannot serve the dashboard: ${message}`)),
    );
    server.listen(port, "127.0.0.1", listening);
  });
  const { port: chosen } = server.address() as AddressInfo;
  say(
    `http://127.0.0.1:${chosen}${prefix}/\n` +
      `shows process ${pid}, ${program}, until you press Ctrl-C\n`,
  );
  await new Promise<void>((ended) => {
    for (const signal of ["SIGINT", "SIGTERM"] as const) {
      process.once(signal, ended);
    }
  });
  server.close();
  server.closeAllConnections();
}

function portOf({ port }: DashboardFlags): number {
  const number = Number(port);
  if (/^\d+$/.test(port) && number < 65_536) return number;
  throw new InvalidConfigError(
    `Cannot read --port "${port}": it must be a number from 0 to 65535`,
  );
}

function passOn(
  { method, url = "/", headers }: IncomingMessage,
  response: ServerResponse,
  socket: string,
  prefix: string,
): void {
  const refuse = (status: number, reason: string) => {
    response.writeHead(status, { "content-type": "text/plain" });
    response.end(`${reason}\n`);
  };
  if (!isLoopbackName(headers.host ?? "") || !url.startsWith(`${prefix}/`)) {
    return refuse(403, "Refused: use the address that loom dashboard printed");
  }
  const path = url.slice(prefix.length);
  const asked = request(
    { socketPath: socket, path, method, agent: false },
    (answer) => {
      // What concerns the connection to the socket alone.
      const { connection: _, ...headers } = answer.headers;
      response.writeHead(answer.statusCode ?? 502, headers);
      answer.pipe(response);
    },
  );
  asked.on("error", ({ message }) => {
    if (response.headersSent) response.destroy();
    else refuse(502, `Cannot reach the process: ${message}`);
  });
  asked.end();
}
