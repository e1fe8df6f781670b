// @ts-check
/// <reference lib="dom" />
/**
 * Asks the program.
 *
 * @module
 */

/** @import { Calls, Host, Snapshot } from "./types.ts" */

/** A program that does not answer for this long counts as out of reach. */
const LIMIT_MS = 5_000;

/**
 * @returns {Promise<Snapshot>}
 */
export async function readSnapshot() {
  return (await ask("snapshot")).json();
}

/**
 * The calls since a time; undefined if the program does not record any.
 *
 * @param {number} sinceMs
 * @returns {Promise<Calls | undefined>}
 */
export function readCalls(sinceMs) {
  return ifOffered(`calls?since=${sinceMs}`, (response) => response.json());
}

/**
 * The hosts of the cluster; undefined if the program has none.
 *
 * @returns {Promise<Host[] | undefined>}
 */
export function readHosts() {
  return ifOffered("hosts", (response) => response.json());
}

/**
 * The picture of the machine; undefined if there is none.
 *
 * @returns {Promise<string | undefined>}
 */
export function readMachine() {
  return ifOffered("machine.svg", (response) => response.text());
}

/**
 * @template T
 * @param {string} path
 * @param {(response: Response) => Promise<T>} read
 * @returns {Promise<T | undefined>}
 */
async function ifOffered(path, read) {
  try {
    return await read(await ask(path));
  } catch (error) {
    if (error instanceof RefusedError) return undefined;
    throw error;
  }
}

/** @param {string} path */
async function ask(path) {
  const signal = AbortSignal.timeout(LIMIT_MS);
  const response = await fetch(path, { signal });
  if (response.ok) return response;
  throw new RefusedError(`${response.status}: ${await response.text()}`);
}

/** The program has answered, but not with what was asked for. */
class RefusedError extends Error {}
