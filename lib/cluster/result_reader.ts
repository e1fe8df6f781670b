/**
 * Reads the results of a durable map from their stream, and removes those that are taken.
 *
 * @module
 */

import { type Frame, readFrame } from "./frame.ts";
import { type ItemOutcome, readOutcomes } from "./item_results.ts";
import { isStored, type Payloads } from "./payloads.ts";
import { withHost } from "./send_call.ts";
import type { ConsumerMessages, JsMsg, Streams } from "./streams.ts";
import { type ItemRange, rangeIn } from "./subjects.ts";

/** What a reader needs. */
export interface ReaderHost {
  readonly streams: Streams;
  readonly payloads: Payloads;
  /** Subject of the results, without the range. */
  readonly subject: string;
  /** Whether the result of an item is taken, and stored as taken. */
  isTaken(index: number): boolean;
  /** The results of a message have come; some may have come before. */
  arrived(
    range: ItemRange,
    outcomes: ItemOutcome[],
    microseconds: number,
  ): void;
}

/** A message that is not removed. */
interface Kept {
  readonly sequence: number;
  readonly range: ItemRange;
  readonly frame: Frame;
}

/** Messages are removed in groups of this size. */
const REMOVED_TOGETHER = 256;
const RETRY_MS = 500;

/** Reads results as they come. */
export class ResultReader {
  readonly #host: ReaderHost;
  #messages: ConsumerMessages | undefined;
  #kept: Kept[] = [];
  #lastSequence = 0;
  #isStopped = false;
  #removing: Promise<void> | undefined;

  constructor(host: ReaderHost) {
    this.#host = host;
  }

  /** Reads until it is stopped. */
  async run(): Promise<void> {
    const { streams, subject } = this.#host;
    while (!this.#isStopped) {
      this.#messages = await streams.results(subject);
      if (this.#isStopped) break;
      try {
        for await (const message of this.#messages) await this.#read(message);
      } catch (error) {
        if (this.#isStopped) return;
        if (!isOfServer(error)) throw await streams.reasonOf(error);
        await new Promise((resolve) => setTimeout(resolve, RETRY_MS));
      }
    }
    await this.#messages?.close();
  }

  /** Stops reading. */
  async stop(): Promise<void> {
    this.#isStopped = true;
    await this.#messages?.close();
    await this.#removing;
  }

  /**
   * Removes messages whose results are taken, if there are enough of them. The last message
   * stays: a server that is killed while a stream is empty may number messages from 1 again.
   */
  removeTaken(): void {
    const most = this.#kept.length - 1;
    let done = 0;
    while (done < most && this.#isTaken(this.#kept[done].range)) {
      done++;
    }
    if (done < REMOVED_TOGETHER || this.#removing !== undefined) return;
    const removed = this.#kept.splice(0, done);
    this.#removing = this.#remove(removed).finally(() => {
      this.#removing = undefined;
    });
  }

  /** Removes what is stored for results that came. */
  async releaseAll(): Promise<void> {
    await this.#release(this.#kept);
  }

  async #read(message: JsMsg): Promise<void> {
    const sequence = message.info.streamSequence;
    // A consumer that was created again begins at the first message.
    if (sequence <= this.#lastSequence) return;
    this.#lastSequence = sequence;
    const { payloads } = this.#host;
    const range = rangeIn(message.subject);
    const frame = readFrame(message.data);
    this.#kept.push({ sequence, range, frame });
    if (this.#isTaken(range)) return;
    const whole = isStored(frame) ? await payloads.fetch(frame) : frame;
    const outcomes = readOutcomes(payloads, whole, range.count);
    for (const outcome of outcomes) {
      if (outcome.status === "rejected") withHost(outcome.reason, frame.text);
    }
    this.#host.arrived(range, outcomes, frame.number);
  }

  #isTaken({ first, count }: ItemRange): boolean {
    for (let i = 0; i < count; i++) {
      if (!this.#host.isTaken(first + i)) return false;
    }
    return true;
  }

  async #remove(removed: readonly Kept[]): Promise<void> {
    const { streams, subject } = this.#host;
    try {
      const { sequence } = removed.at(-1)!;
      await streams.purge("result", `${subject}.*`, sequence + 1);
      await this.#release(removed);
    } catch {
      // They are removed with the map.
    }
  }

  async #release(kept: readonly Kept[]): Promise<void> {
    const stored = kept.filter(({ frame }) => isStored(frame));
    await Promise.all(
      stored.map(({ frame }) => this.#host.payloads.release(frame)),
    );
  }
}

function isOfServer(error: unknown): boolean {
  return /^(JetStream|Timeout|NoResponders|Request|Connection)/.test(
    (error as Error).name,
  );
}
