/**
 * What a test process reports while it runs, so that the runner outside knows which test
 * is running even when that test blocks its thread or ends the process.
 *
 * @module
 */

import { closeSync, fstatSync, openSync, readSync, writeSync } from "node:fs";
import { Buffer } from "node:buffer";
import process from "node:process";

/** How far a test has come. */
export type TestState =
  | "registered"
  | "skipped"
  | "started"
  | "passed"
  | "failed"
  | "hung";

/** A test that has reached a state. */
export interface TestEvent {
  readonly state: TestState;
  /** The path of its test file. */
  readonly file: string;
  /** Its place among the tests of its file; two tests may have the same name. */
  readonly index: number;
  readonly name: string;
  /** How long it may take before it counts as hung, in milliseconds. */
  readonly limitMs: number;
}

/** The variable with the path of the file that events are appended to. */
export const PROGRESS_VARIABLE = "LOOM_TEST_PROGRESS";

const logPath = process.env[PROGRESS_VARIABLE];
const log = logPath ? openSync(logPath, "a") : undefined;

/** Reports an event; it is in the file when this returns. */
export function reportEvent(event: TestEvent): void {
  if (log !== undefined) writeSync(log, JSON.stringify(event) + "\n");
}

/** Follows the events of a test process. */
export class Progress {
  readonly #file: number;
  readonly #latest = new Map<string, TestEvent>();
  #position = 0;
  #partialLine = Buffer.alloc(0);
  #last: TestEvent | undefined;

  /** Follows the file at `path`, which must exist. */
  constructor(path: string) {
    this.#file = openSync(path, "r");
  }

  /** The latest event of each test, in the order of registration. */
  get tests(): readonly TestEvent[] {
    return [...this.#latest.values()];
  }

  /** The latest event of all. */
  get last(): TestEvent | undefined {
    return this.#last;
  }

  /** The test that runs; undefined between tests. */
  get running(): TestEvent | undefined {
    return this.#last?.state === "started" ? this.#last : undefined;
  }

  /** Reads the events since the last call; returns whether there were any. */
  update(): boolean {
    const buffer = Buffer.alloc(fstatSync(this.#file).size - this.#position);
    const length = readSync(
      this.#file,
      buffer,
      0,
      buffer.length,
      this.#position,
    );
    this.#position += length;
    const bytes = Buffer.concat([
      this.#partialLine,
      buffer.subarray(0, length),
    ]);
    const end = bytes.lastIndexOf("\n") + 1;
    this.#partialLine = bytes.subarray(end);
    const lines = bytes.subarray(0, end).toString().split("\n").slice(0, -1);
    for (const line of lines) {
      const event = JSON.parse(line) as TestEvent;
      this.#latest.set(`${event.file}:${event.index}`, event);
      this.#last = event;
    }
    return lines.length > 0;
  }

  close(): void {
    closeSync(this.#file);
  }
}
