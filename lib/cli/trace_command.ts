/**
 * `loom trace`: writes a trace of a running process.
 *
 * @module
 */

import { writeFileSync } from "node:fs";
import { InvalidConfigError, LoomError } from "../errors.ts";
import { ask, findSocket } from "../observer/client.ts";
import type { TraceDocument } from "../trace/document.ts";

/** Options of `loom trace` as the command line gives them. */
export interface TraceFlags {
  readonly seconds: string;
  readonly output: string;
}

/**
 * Traces a process and writes the document to a file.
 *
 * @param target The id of the process, or the path of its socket.
 * @throws {LoomError} If it cannot be reached, or the file cannot be written.
 */
export async function runTrace(
  target: string | undefined,
  { seconds, output }: TraceFlags,
): Promise<{ readonly text: string; readonly data: unknown }> {
  const ms = Number(seconds) * 1000;
  if (!(ms > 0 && ms <= 600_000)) {
    throw new InvalidConfigError(
      `Cannot trace for ${seconds} seconds: it must be a number from 0 to 600`,
    );
  }
  const socket = await findSocket(target);
  const text = await ask(socket, `/trace?ms=${ms}`);
  try {
    writeFileSync(output, text);
  } catch (error) {
    const state = error instanceof Error ? error.message : String(error);
    throw new LoomError(`Cannot write trace "${output}": ${state}`);
  }
  const { traceEvents, otherData }: TraceDocument = JSON.parse(text);
  const calls = traceEvents.filter(({ ph, cat }) =>
    ph === "X" && cat === "call"
  );
  const { lostEvents } = otherData;
  const lost = lostEvents === 0
    ? ""
    : `\n${lostEvents} events are missing, because there were too many; trace for a shorter time`;
  return {
    text: `Wrote ${calls.length} calls of ${seconds} s to ${output}; ` +
      `open it at https://ui.perfetto.dev${lost}`,
    data: { output, calls: calls.length, lostEvents },
  };
}
