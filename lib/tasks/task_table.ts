/**
 * The table of functions that all threads of a runtime can run.
 *
 * @module
 */

import { LINE_WORDS } from "../bridge/layout.ts";
import { InvalidTaskError } from "../errors.ts";
import { growTo, tryReserve } from "./append.ts";

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

/** How a worker loads a function. */
export type TaskRecord = SourceTask | ModuleTask;

// The memory, append-only:
//   name        written by             meaning
//   COUNT       any thread             number of the next task
//   USED        any thread             length of TEXT
//   INDEX       the adding thread      per task: start and length of its text
//   TEXT        the adding thread      UTF-16; lengths count 16-bit units

/** Number of the next task. */
const TASKS_COUNT = 0;
/** 16-bit units of text in use. */
const TASKS_USED = 1;
/** First word of INDEX. */
const TASKS_INDEX = LINE_WORDS;
/** Most tasks of one runtime; a task's number must fit into META. */
export const MAX_TASKS = 1 << 16;
/** Most 16-bit units of text of all tasks together. */
const MAX_TASK_TEXT = 1 << 23;
/** First byte of the text. */
const TEXT_BYTE = (TASKS_INDEX + MAX_TASKS * 2) * 4;

/**
 * Numbers that only the texts of parallel loops may take, so that loops go on when functions
 * have taken the others.
 */
const LOOP_TASKS = 1 << 10;
/** Characters that only the texts of parallel loops may take. */
const LOOP_TEXT = 1 << 18;

/** Most functions. Number 0 is unused. */
const MAX_FUNCTIONS = MAX_TASKS - LOOP_TASKS - 1;

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
   * Adds a function and returns its number. In a table that is full, returns the number under
   * which another thread has added it.
   *
   * @throws {InvalidTaskError} If the table is full and does not have it.
   */
  add(task: TaskRecord): number {
    const text = textOf(task);
    const number = this.#tryAdd(
      text,
      MAX_TASKS - LOOP_TASKS,
      MAX_TASK_TEXT - LOOP_TEXT,
    ) ?? this.#find(text);
    if (number !== undefined) return number;
    throw new InvalidTaskError(
      `Cannot send function: ${this.#describeFull(text)}`,
    );
  }

  /**
   * Adds the text of a parallel loop and returns its number.
   *
   * @throws {InvalidTaskError} If the table is full and does not have it.
   */
  addLoop(source: string): number {
    const text = textOf({ kind: "source", source });
    const number = this.#tryAdd(text, MAX_TASKS, MAX_TASK_TEXT) ??
      this.#find(text);
    if (number !== undefined) return number;
    throw new InvalidTaskError(`Cannot run loop: ${this.#describeFull(text)}`);
  }

  /** The number of the next task. Those of all others are below it, and start at 1. */
  get nextNumber(): number {
    return Atomics.load(this.#words, TASKS_COUNT);
  }

  /** The task with this number, which must come from a call. */
  read(number: number): TaskRecord {
    return recordOf(this.#readText(number));
  }

  /** Reserves a number and room, and writes the text; undefined if there is none. */
  #tryAdd(
    text: string,
    maxTasks: number,
    maxText: number,
  ): number | undefined {
    const words = this.#words;
    // Not first: room that was taken without a number would be lost.
    if (Atomics.load(words, TASKS_COUNT) >= maxTasks) return undefined;
    const start = tryReserve(words, TASKS_USED, text.length, maxText);
    if (start < 0) return undefined;
    const number = tryReserve(words, TASKS_COUNT, 1, maxTasks);
    if (number < 0) return undefined;
    growTo(this.buffer, TEXT_BYTE + (start + text.length) * 2);
    for (let i = 0; i < text.length; i++) {
      this.#text[start + i] = text.charCodeAt(i);
    }
    words[TASKS_INDEX + number * 2] = start;
    // Publishes the text and where it starts to #find().
    Atomics.store(words, TASKS_INDEX + number * 2 + 1, text.length);
    return number;
  }

  #find(text: string): number | undefined {
    const count = Atomics.load(this.#words, TASKS_COUNT);
    for (let number = 1; number < count; number++) {
      // 0 as long as the thread that took the number is writing.
      const length = Atomics.load(this.#words, TASKS_INDEX + number * 2 + 1);
      if (length === text.length && this.#readText(number) === text) {
        return number;
      }
    }
    return undefined;
  }

  #readText(number: number): string {
    const start = this.#words[TASKS_INDEX + number * 2];
    const length = this.#words[TASKS_INDEX + number * 2 + 1];
    let text = "";
    for (let i = start; i < start + length; i += 4096) {
      const end = Math.min(i + 4096, start + length);
      text += String.fromCharCode(...this.#text.subarray(i, end));
    }
    return text;
  }

  #describeFull(text: string): string {
    const words = this.#words;
    return `its text has ${text.length} characters, and the runtime knows ` +
      `${words[TASKS_COUNT] - 1} functions with ${
        words[TASKS_USED]
      } characters, of at ` +
      `most ${MAX_FUNCTIONS} with ${
        MAX_TASK_TEXT - LOOP_TEXT
      }, and keeps them until it ends. ` +
      `Functions that it knows still run. Pass values as arguments instead of writing ` +
      `them into the text of functions, or declare module tasks: ` +
      `task(import.meta.url, function …)`;
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
