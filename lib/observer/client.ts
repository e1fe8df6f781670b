/**
 * Reaches observed processes, for the tools.
 *
 * @module
 */

import { lstatSync, readdirSync } from "node:fs";
import { request } from "node:http";
import { join } from "node:path";
import process from "node:process";
import { LoomError } from "../errors.ts";
import { isLive, SOCKET_NAME, socketFolders } from "./socket.ts";

/** A process that may be looked into. */
export interface ObservedProcess {
  readonly pid: number;
  /** The path of its socket. */
  readonly socket: string;
}

/** The observed processes of this user, as far as their sockets have no path of their own. */
export async function findProcesses(
  folders: readonly string[] = socketFolders(),
): Promise<ObservedProcess[]> {
  const all = folders.flatMap((folder) =>
    namesIn(folder).sort().flatMap((name) => {
      const pid = SOCKET_NAME.exec(name)?.[1];
      const socket = join(folder, name);
      return pid !== undefined && isOwn(socket)
        ? [{ pid: Number(pid), socket }]
        : [];
    })
  );
  const live = await Promise.all(all.map(({ socket }) => isLive(socket)));
  return all.filter((_, index) => live[index]);
}

/**
 * The socket of one process.
 *
 * @param target Its id, or the path of a socket; by default the only process there is.
 * @param folders Where sockets are.
 * @throws {LoomError} If there is no such process, or several to choose from.
 */
export async function findSocket(
  target: string | undefined,
  folders: readonly string[] = socketFolders(),
): Promise<string> {
  if (target !== undefined && !/^\d+$/.test(target)) return target;
  const all = await findProcesses(folders);
  const found = target === undefined
    ? all
    : all.filter(({ pid }) => pid === Number(target));
  if (found.length === 1) return found[0].socket;
  const which = target === undefined ? "process" : `process ${target}`;
  if (found.length === 0) {
    const places = folders.join(" or ");
    const others = all.length === 0 ? "" : `; observed are:\n${listed(all)}`;
    throw new LoomError(
      `Cannot find ${which}: it has no socket in ${places}; start it with ` +
        `--loom-observe, LOOM_OBSERVE=1 or .observe(), or name its socket${others}`,
    );
  }
  throw new LoomError(
    `Cannot choose ${which}: there are ${found.length} sockets; name one of them:\n${
      listed(found)
    }`,
  );
}

/**
 * Asks a process.
 *
 * @param socket The path of its socket.
 * @param target Path and query, such as `/trace?ms=1000`.
 * @returns The body of the answer.
 * @throws {LoomError} If it cannot be reached, or refuses.
 */
export function ask(socket: string, target: string): Promise<string> {
  return new Promise((answered, failed) => {
    const fail = (state: string) =>
      failed(
        new LoomError(`Cannot ask for ${target} at "${socket}": ${state}`),
      );
    const asked = request(
      { socketPath: socket, path: target, agent: false },
      (response) => {
        let body = "";
        response.setEncoding("utf8");
        response.on("data", (text: string) => body += text);
        response.on("error", ({ message }) => fail(message));
        response.on("end", () => {
          if (response.statusCode === 200) answered(body);
          else fail(body.trim());
        });
      },
    );
    asked.on("error", ({ message }) => fail(message));
    asked.end();
  });
}

/** One line for each process. */
function listed(all: readonly ObservedProcess[]): string {
  return all.map(({ pid, socket }) => `  ${pid}  ${socket}`).join("\n");
}

function namesIn(folder: string): string[] {
  try {
    return readdirSync(folder);
  } catch {
    // It may not be read.
    return [];
  }
}

/** Whether a file is a socket of this user: in a folder of all, others may have theirs. */
function isOwn(path: string): boolean {
  const found = lstatSync(path, { throwIfNoEntry: false });
  return found !== undefined && found.isSocket() &&
    found.uid === process.getuid?.();
}
