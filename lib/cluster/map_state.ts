/**
 * How far a durable map is: which results its consumer has taken.
 *
 * The state is one message in a stream. A caller replaces it only if the message is the one
 * that it wrote last, so that two callers cannot go on with one map.
 *
 * @module
 */

import { ClusterError, ClusterVersionError } from "../errors.ts";
import { uniqueName } from "./connection.ts";
import { VERSION } from "./frame.ts";
import type { LastMessage, Streams } from "./streams.ts";

/** What the message contains, as JSON. */
interface StoredState {
  /** Version of the messages with items and results. */
  readonly version: number;
  /** The caller that wrote it. */
  readonly owner: string;
  /** Distinguishes this map from others of the same name before it. */
  readonly run: string;
  readonly task: string;
  /** All results below this index are taken. */
  readonly below: number;
  /** Those above that are taken, as pairs of first index and count. */
  readonly ahead: readonly (readonly [number, number])[];
}

/** Pause between two writes. A caller that is killed may get results of this time again. */
const COMMIT_PAUSE_MS = 20;

/** The state of one map. */
export class MapState {
  readonly #streams: Streams;
  readonly #subject: string;
  readonly #task: string;
  readonly #owner = uniqueName();
  readonly #ahead = new Set<number>();
  #below = 0;
  #run = uniqueName();
  #sequence = 0;
  #isStored = true;
  #writing: Promise<void> | undefined;

  private constructor(streams: Streams, subject: string, task: string) {
    this.#streams = streams;
    this.#subject = subject;
    this.#task = task;
  }

  /**
   * Reads the state of a map, or begins a new one, and makes this caller its only one.
   *
   * @throws {ClusterError} If the map is one of another task.
   * @throws {ClusterVersionError} If the map was begun with other bytes of messages.
   */
  static async open(
    streams: Streams,
    subject: string,
    task: string,
  ): Promise<{ readonly state: MapState; readonly isNew: boolean }> {
    const state = new MapState(streams, subject, task);
    const last = await streams.last("map", subject);
    if (last !== undefined) state.#adopt(last);
    await state.#write();
    return { state, isNew: last === undefined };
  }

  /** Distinguishes this map from others of the same name before it. */
  get run(): string {
    return this.#run;
  }

  /** All results below this index are taken. */
  get below(): number {
    return this.#below;
  }

  /** Whether the result of an item is taken. */
  isTaken(index: number): boolean {
    return index < this.#below || this.#ahead.has(index);
  }

  /** Notes that the consumer has taken the result of an item. */
  take(index: number): void {
    this.#ahead.add(index);
    while (this.#ahead.delete(this.#below)) this.#below++;
    this.#isStored = false;
  }

  /** Stores the state. Resolves when everything that is taken now is stored. */
  commit(): Promise<void> {
    if (this.#isStored) return this.#writing ?? Promise.resolve();
    return this.#writing ??= this.#commit();
  }

  /** Removes the state. Nothing may be taken afterwards. */
  async remove(): Promise<void> {
    this.#isStored = true;
    await this.#writing;
    await this.#streams.purge("map", this.#subject);
  }

  async #commit(): Promise<void> {
    try {
      while (!this.#isStored) {
        this.#isStored = true;
        await this.#write();
        if (this.#isStored) return;
        await new Promise((resolve) => setTimeout(resolve, COMMIT_PAUSE_MS));
      }
    } finally {
      // In the same step as the last look at isStored: what is taken from now on is for the
      // next commit.
      this.#writing = undefined;
    }
  }

  async #write(): Promise<void> {
    for (;;) {
      const text = JSON.stringify(
        {
          version: VERSION,
          owner: this.#owner,
          run: this.#run,
          task: this.#task,
          below: this.#below,
          ahead: pairs(this.#ahead),
        } satisfies StoredState,
      );
      const sequence = await this.#streams.replace(
        this.#subject,
        new TextEncoder().encode(text),
        this.#sequence,
      );
      if (sequence !== undefined) {
        this.#sequence = sequence;
        return;
      }
      // The server may have stored it before, and its answer was lost.
      const last = await this.#streams.last("map", this.#subject);
      if (last === undefined || parse(last).owner !== this.#owner) {
        throw new ClusterError(
          `Cannot go on with durable map ${this.#subject}: another caller has taken it over, ` +
            "or it was forgotten; run one caller at a time under one durable name",
        );
      }
      this.#sequence = last.sequence;
    }
  }

  #adopt(last: LastMessage): void {
    const { version, run, task, below, ahead } = parse(last);
    if (version !== VERSION) {
      throw new ClusterVersionError(
        `Cannot go on with durable map ${this.#subject}: it was begun with version ${version} ` +
          `of loom's messages, this program uses version ${VERSION}; finish it with the ` +
          "version of @loom/runtime that began it, or call forgetMap() first",
      );
    }
    if (task !== this.#task) {
      throw new ClusterError(
        `Cannot go on with durable map ${this.#subject}: it was begun with task ${task}, not ` +
          `${this.#task}; choose another durable name, or call forgetMap() first`,
      );
    }
    this.#run = run;
    this.#below = below;
    for (const [first, count] of ahead) {
      for (let i = 0; i < count; i++) this.#ahead.add(first + i);
    }
    this.#sequence = last.sequence;
  }
}

function parse({ data }: LastMessage): StoredState {
  return JSON.parse(new TextDecoder().decode(data));
}

/** The numbers of a set as pairs of first number and count. */
function pairs(numbers: ReadonlySet<number>): [number, number][] {
  const found: [number, number][] = [];
  for (const number of [...numbers].sort((a, b) => a - b)) {
    const last = found.at(-1);
    if (last !== undefined && last[0] + last[1] === number) last[1]++;
    else found.push([number, 1]);
  }
  return found;
}
