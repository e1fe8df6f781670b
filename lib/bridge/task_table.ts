/**
 * The table of functions that all threads of a runtime can run.
 *
 * @module
 */

import { InvalidTaskError } from "../errors.ts";
import { growTo, tryReserve } from "./append.ts";
import {
  MAX_TASK_TEXT,
  MAX_TASKS,
  TASKS_COUNT,
  TASKS_INDEX,
  TASKS_USED,
} from "./layout.ts";

/** A function that a worker evaluates from its source text. */
export interface SourceTask {
  /** Which kind of task this is. */
  readonly kind: "source";
  /** An expression that evaluates to the function. */
  readonly source: string;
}

/** A function that a worker imports. */
export interface ModuleTask {
  /** Which kind of task this is. */
  readonly kind: "module";
  /** URL of the module. */
  readonly url: string;
  /** Name of the export, or of the task that the module declares. */
  readonly name: string;
  /** Distinguishes tasks of that name. */
  readonly mark?: string;
  /** Whether the sender knows several tasks of that name. */
  readonly hasNamesakes?: boolean;
}

/** First byte of the text. */
const TEXT_BYTE = (TASKS_INDEX + MAX_TASKS * 2) * 4;

/** How a worker loads a function. */
export type TaskRecord = SourceTask | ModuleTask;

/**
 * An append-only table in shared memory. A thread adds a task without waiting for others:
 * it reserves room for the text and a number, each with a compare-exchange, writes both,
 * and only then uses the number in a call. The push of that call publishes them.
 */
export class TaskTable {
  /** The memory, to be shared with the other threads. */
  readonly buffer: SharedArrayBuffer;
  readonly #words: Int32Array<SharedArrayBuffer>;
  readonly #text: Uint16Array<SharedArrayBuffer>;

  constructor(buffer: SharedArrayBuffer) {
    this.buffer = buffer;
    this.#words = new Int32Array(buffer, 0, TEXT_BYTE >> 2);
    // Without a length, the view tracks the length of the buffer.
    this.#text = new Uint16Array(buffer, TEXT_BYTE);
  }

  /** Creates an empty table. */
  static create(): TaskTable {
    const maxByteLength = TEXT_BYTE + MAX_TASK_TEXT * 2;
    const table = new TaskTable(
      new SharedArrayBuffer(TEXT_BYTE, { maxByteLength }),
    );
    // Number 0 is never used: META of zeroes is no submitted call.
    table.#words[TASKS_COUNT] = 1;
    return table;
  }

  /**
   * Adds a task.
   *
   * @returns The number of the task.
   * @throws {InvalidTaskError} If the table is full.
   */
  add(task: TaskRecord): number {
    const text = textOf(task);
    const words = this.#words;
    const start = tryReserve(words, TASKS_USED, text.length, MAX_TASK_TEXT);
    const number = start < 0
      ? -1
      : tryReserve(words, TASKS_COUNT, 1, MAX_TASKS);
    if (number < 0) {
      throw new InvalidTaskError(
        `Cannot add task of ${text.length} characters: the runtime knows ` +
          `${words[TASKS_COUNT] - 1} functions with ${
            words[TASKS_USED]
          } characters ` +
          `already; pass values as arguments instead of writing them into functions`,
      );
    }
    growTo(this.buffer, TEXT_BYTE + (start + text.length) * 2);
    for (let i = 0; i < text.length; i++) {
      this.#text[start + i] = text.charCodeAt(i);
    }
    words[TASKS_INDEX + number * 2] = start;
    words[TASKS_INDEX + number * 2 + 1] = text.length;
    return number;
  }

  /** The task with this number, which a call must have brought to this thread. */
  read(number: number): TaskRecord {
    const start = this.#words[TASKS_INDEX + number * 2];
    const length = this.#words[TASKS_INDEX + number * 2 + 1];
    let text = "";
    for (let i = start; i < start + length; i += 4096) {
      const end = Math.min(i + 4096, start + length);
      text += String.fromCharCode(...this.#text.subarray(i, end));
    }
    return recordOf(text);
  }
}

function textOf(task: TaskRecord): string {
  if (task.kind === "source") return `s${task.source}`;
  const { url, name, mark = "", hasNamesakes = false } = task;
  return `m${[url, name, mark, hasNamesakes ? "several" : ""].join("\0")}`;
}

function recordOf(text: string): TaskRecord {
  if (text[0] === "s") return { kind: "source", source: text.slice(1) };
  const [url, name, mark, several] = text.slice(1).split("\0");
  return {
    kind: "module",
    url,
    name,
    ...(mark === "" ? {} : { mark }),
    hasNamesakes: several !== "",
  };
}
