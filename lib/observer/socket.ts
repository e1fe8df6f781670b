/**
 * The Unix socket of an observed process: where it is, and how it is opened.
 *
 * @module
 */

import {
  chmodSync,
  linkSync,
  lstatSync,
  mkdtempSync,
  rmSync,
  statSync,
  unlinkSync,
} from "node:fs";
import type { Server } from "node:http";
import { connect } from "node:net";
import { dirname, join, resolve } from "node:path";
import process from "node:process";
import { permittedVariable } from "../config/env.ts";
import { LoomError } from "../errors.ts";

/** The most bytes of a path that the kernel takes, on any platform. */
const MAX_PATH_BYTES = 103;

/** Who else may use the socket: nobody. */
const MODE = 0o600;

/** The folders with the sockets of this user's processes; new ones go into the first. */
export function socketFolders(): string[] {
  const runtimeFolder = permittedVariable("XDG_RUNTIME_DIR");
  const temporary = permittedVariable("TMPDIR") ?? "/tmp";
  return [runtimeFolder, temporary]
    .filter((folder) => folder !== undefined && isFolder(folder))
    .map((folder) => resolve(folder!));
}

/** The name of a socket: of a process, which may have several runtimes. */
export function socketName(pid: number, number: number): string {
  return number === 1 ? `loom-${pid}.sock` : `loom-${pid}-${number}.sock`;
}

/** What {@linkcode socketName} returns. */
export const SOCKET_NAME = /^loom-(\d+)(?:-\d+)?\.sock$/;

/**
 * Has a server listen on a socket.
 *
 * @param path The path; true for one that tools find by the id of the process.
 * @returns The path.
 * @throws {LoomError} If it cannot be opened, or if a process listens there.
 */
export async function listenOnSocket(
  server: Server,
  path: string | true,
): Promise<string> {
  let free = path === true ? "" : resolve(path);
  try {
    if (path === true) free = await defaultPath();
    await removeStale(free);
    await bind(server, free);
  } catch (error) {
    if (error instanceof LoomError) throw error;
    throw cannotOpen(free, error instanceof Error ? error.message : `${error}`);
  }
  return free;
}

/** The first path of this process at which nobody listens. */
async function defaultPath(): Promise<string> {
  const [folder = "/tmp"] = socketFolders();
  for (let number = 1;; number++) {
    const path = join(folder, socketName(process.pid, number));
    const found = lstatSync(path, { throwIfNoEntry: false });
    if (found === undefined || !await isLive(path)) return path;
  }
}

/** Removes the socket of a process that has ended without doing so itself. */
async function removeStale(path: string): Promise<void> {
  const found = lstatSync(path, { throwIfNoEntry: false });
  if (found === undefined) return;
  if (!found.isSocket()) {
    throw cannotOpen(path, "it exists and is no socket; choose another path");
  }
  if (await isLive(path)) {
    throw cannotOpen(
      path,
      "another runtime listens there; choose another path, or end that runtime",
    );
  }
  // Another process may have replaced it meanwhile.
  const now = lstatSync(path, { throwIfNoEntry: false });
  if (now?.ino === found.ino) unlinkSync(path);
}

/**
 * Opens the socket in a folder that only this user may enter, and moves it to its place when
 * others may not connect any more. The umask would do, too, but counts for all threads.
 */
async function bind(server: Server, path: string): Promise<void> {
  const folder = join(dirname(path), ".loom-");
  const longest = Math.max(
    Buffer.byteLength(path),
    Buffer.byteLength(`${folder}XXXXXX/s`),
  );
  if (longest > MAX_PATH_BYTES) {
    throw cannotOpen(path, "the path is too long for a socket; shorten it");
  }
  const hidden = mkdtempSync(folder);
  try {
    const first = join(hidden, "s");
    await listen(server, { path: first });
    chmodSync(first, MODE);
    linkSync(first, path);
  } finally {
    rmSync(hidden, { recursive: true, force: true });
  }
}

/** Has a server listen; rejects if it cannot. */
export function listen(
  server: Server,
  at: { path: string } | { host: string; port: number },
): Promise<void> {
  return new Promise((listening, failed) => {
    server.once("error", failed);
    server.listen(at, () => {
      server.off("error", failed);
      listening();
    });
  });
}

/** Whether a process listens on the socket at `path`. */
export function isLive(path: string): Promise<boolean> {
  return new Promise((answer) => {
    const socket = connect(path);
    socket.once("connect", () => {
      socket.destroy();
      answer(true);
    });
    socket.once("error", ({ code }: NodeJS.ErrnoException) => {
      // Any other problem is reported when the socket is opened.
      answer(code !== "ECONNREFUSED" && code !== "ENOENT");
    });
  });
}

function isFolder(path: string): boolean {
  try {
    return statSync(path).isDirectory();
  } catch {
    return false;
  }
}

function cannotOpen(path: string, state: string): LoomError {
  const where = path === "" ? "" : ` "${path}"`;
  return new LoomError(`Cannot open observer socket${where}: ${state}`);
}
