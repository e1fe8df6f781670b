/**
 * Arrivals at a point that several threads reach together.
 *
 * @module
 */

import { HolderLostError } from "../errors.ts";
import { STATE } from "../monitor/layout.ts";
import { Outcome } from "../monitor/limits.ts";
import type { Line } from "../monitor/line.ts";
import type { Monitor, MonitorRules } from "../monitor/monitor.ts";
import type { Holder } from "../monitor/thread_waits.ts";

// State of a barrier. A thread holds as many as its operations that have arrived.
//   word  name     meaning
//   0     PARTIES  how many must arrive
//   1     ARRIVED  how many have
// The threads that wait get an answer at the end of a round.

/** State: how many must arrive. */
export const PARTIES = STATE;
const ARRIVED = STATE + 1;

/** Answer: all have arrived. */
const PASSED = 1;
/** Answer: a thread that had arrived has ended. */
const LOST = 2;

/** The arrivals at one barrier, as one thread sees them. */
export class Arrivals implements Holder {
  readonly #monitor: Monitor;
  readonly #held: Set<Holder>;

  /** @param held Objects of which this thread holds something. */
  constructor(
    monitorOf: (rules: MonitorRules) => Monitor,
    held: Set<Holder>,
  ) {
    this.#held = held;
    this.#monitor = monitorOf({
      // All that wait are signalled at the end of a round.
      lines: [() => false],
      lostHolder: () => this.#endRound(LOST),
    });
  }

  /** Where threads wait for the others. */
  get line(): Line {
    return this.#monitor.lines[0];
  }

  /** How many must arrive. */
  get parties(): number {
    return this.#monitor.words.load(PARTIES);
  }

  /** One that arrives. */
  arrival(): Outcome<boolean> {
    return new Arrival(this.#monitor, {
      arrived: () => this.#held.add(this),
      allArrived: () => this.#endRound(PASSED),
      answered: () => this.#held.delete(this),
    });
  }

  /** This thread ends: what has arrived on it never goes on. */
  abandon(): void {
    this.#monitor.run(() => {
      if (this.#monitor.held !== 0) this.#endRound(LOST);
    });
  }

  /** Inside a step. */
  #endRound(answer: number): void {
    this.#monitor.words.write(ARRIVED, 0);
    this.#monitor.forgetHolds();
    this.#held.delete(this);
    this.line.wakeAll(answer);
  }
}

/** What an arrival reports. Inside a step. */
interface ArrivalEvents {
  /** It waits for the others. */
  arrived(): void;
  /** It was the last one. */
  allArrived(): void;
  /** What this thread has waited for is over. */
  answered(): void;
}

/** One that arrives, and waits for the others. */
class Arrival extends Outcome<boolean> {
  readonly want = 0;
  readonly #monitor: Monitor;
  readonly #events: ArrivalEvents;
  #hasArrived = false;
  #isLeader = false;
  #answer = 0;

  constructor(monitor: Monitor, events: ArrivalEvents) {
    super();
    this.#monitor = monitor;
    this.#events = events;
  }

  attempt(): boolean {
    this.#readAnswer();
    if (this.#answer !== 0) return true;
    if (this.#hasArrived) return false;
    const { words } = this.#monitor;
    const arrived = words.read(ARRIVED) + 1;
    if (arrived === words.read(PARTIES)) {
      this.#isLeader = true;
      this.#answer = PASSED;
      this.#events.allArrived();
      return true;
    }
    this.#hasArrived = true;
    words.write(ARRIVED, arrived);
    this.#monitor.held++;
    this.#events.arrived();
    return false;
  }

  /** All operations of this thread that wait have arrived in the round that has ended. */
  #readAnswer(): void {
    const [line] = this.#monitor.lines;
    const answer = line.takeAnswer();
    if (answer === 0) return;
    this.#events.answered();
    for (const operation of line.operations) {
      (operation as Arrival).#answer = answer;
    }
  }

  override withdraw(): boolean {
    this.#readAnswer();
    if (this.#answer !== 0) return false;
    const { words } = this.#monitor;
    words.write(ARRIVED, words.read(ARRIVED) - 1);
    this.#monitor.held--;
    return true;
  }

  take(): boolean {
    if (this.#answer !== LOST) return this.#isLeader;
    throw new HolderLostError(
      "Cannot wait at barrier: a thread that had arrived has ended; start its work again, and " +
        "let all parties arrive anew",
    );
  }
}
