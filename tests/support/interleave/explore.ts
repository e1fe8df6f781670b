/**
 * Tries every interleaving of a few threads' operations on shared memory.
 *
 * @module
 */

import assert from "node:assert/strict";
import { History, type Operation } from "./replay.ts";
import type { Scenario } from "./scenario.ts";
import {
  aloneOn,
  canRun,
  endThread,
  isOver,
  type State,
  step,
} from "./state.ts";

/** How much was tried. */
export interface Explored {
  /** Schedules from the start to an end, without the order of accesses to private words. */
  readonly schedules: number;
  /** Distinct states of those schedules. */
  readonly states: number;
}

/** Longest schedule; only threads that never end get near it. */
const MAX_DEPTH = 2000;

/**
 * Tries every interleaving of the scenario's threads.
 *
 * A state is the memory, the results of each thread's operations so far, and the waiting
 * threads. The rest of a schedule depends on nothing else, so each state is explored once and
 * its number of schedules is remembered. When a thread's next operation is on a *private*
 * word, one that no other thread accesses, only that thread continues, because no thread can
 * observe the order of such operations. The search assumes that a word is private until a
 * second thread accesses it. If it has relied on that assumption, it starts again.
 *
 * @throws With the schedule, if a thread throws, if a check fails, or if all threads that
 * are not over sleep.
 */
export function explore(scenario: Scenario): Explored {
  const shared = new Set<number>();
  while (true) {
    const search = new Search(scenario, shared);
    const schedules = search.run();
    if (schedules !== null) return { schedules, states: search.stateCount };
  }
}

/**
 * Like {@linkcode explore}, but prints the numbers, and fails if fewer than `leastSchedules`
 * schedules were tried.
 */
export function exploreAll(
  name: string,
  scenario: Scenario,
  leastSchedules: number,
): void {
  const { schedules, states } = explore(scenario);
  console.log(
    `${name}: ${schedules.toLocaleString("en")} schedules, ` +
      `${states.toLocaleString("en")} states`,
  );
  assert.ok(
    schedules >= leastSchedules,
    `only ${schedules} schedules were tried, expected ${leastSchedules} or more`,
  );
}

/** One step of the schedule, for the message of a failure. */
interface Taken {
  readonly thread: number;
  readonly operation: Operation | null;
  readonly before: number;
}

/** A word that was assumed to be private is shared. */
class WrongAssumption extends Error {}

class Search {
  readonly #scenario: Scenario;
  readonly #shared: Set<number>;
  readonly #own = new Set<number>();
  readonly #users = new Map<number, number>();
  readonly #schedulesFrom = new Map<string, number>();
  readonly #used: number[] = [];
  readonly #path: Taken[] = [];

  constructor(scenario: Scenario, shared: Set<number>) {
    this.#scenario = scenario;
    this.#shared = shared;
  }

  get stateCount(): number {
    return this.#schedulesFrom.size;
  }

  /** Number of schedules, or null when the search has to start again. */
  run(): number | null {
    const memory = new Int32Array(this.#scenario.wordCount);
    this.#scenario.prepare?.(aloneOn(memory));
    const ids = { next: 1 };
    const histories = this.#scenario.threads.map((thread) =>
      new History(thread, null, 0, ids)
    );
    try {
      return this.#visit(
        { memory, histories, ended: 0, waiters: [] },
        -1,
        this.#scenario.preemptions ?? Infinity,
      );
    } catch (error) {
      if (error instanceof WrongAssumption) return null;
      throw error;
    }
  }

  /**
   * Explores all schedules from a state and returns their number.
   *
   * @param last The thread that ran last.
   * @param preemptions How often a thread may still be interrupted.
   */
  #visit(state: State, last: number, preemptions: number): number {
    const key = preemptions === Infinity
      ? this.#keyOf(state)
      : `${this.#keyOf(state)};${last},${preemptions}`;
    const known = this.#schedulesFrom.get(key);
    if (known !== undefined) return known;
    if (this.#path.length > MAX_DEPTH) this.#fail("a thread never ends", state);
    let schedules = 0;
    const choices = this.#choices(state);
    const canContinue = choices.includes(last);
    for (const thread of choices) {
      const left = canContinue && thread !== last
        ? preemptions - 1
        : preemptions;
      if (left < 0) continue;
      const operation = state.histories[thread].next!;
      this.#path.push({
        thread,
        operation,
        before: state.memory[operation.index],
      });
      this.#noteUse(thread, operation);
      const after = step(state, thread);
      const { failure } = after.histories[thread];
      if (failure !== null) {
        this.#fail(`thread ${thread} threw`, after, failure);
      }
      schedules += this.#visit(after, thread, left);
      this.#path.pop();
      if (this.#mayEnd(state, thread)) {
        this.#path.push({ thread, operation: null, before: 0 });
        schedules += this.#visit(
          endThread(state, thread),
          thread,
          left,
        );
        this.#path.pop();
      }
    }
    if (schedules === 0) {
      this.#checkEnd(state);
      schedules = 1;
    }
    this.#schedulesFrom.set(key, schedules);
    return schedules;
  }

  /** Threads whose next operation has to be tried here. */
  #choices(state: State): number[] {
    const able = state.histories.map((_, thread) => thread)
      .filter((thread) => this.#hasStarted(state, thread))
      .filter((thread) => canRun(state, thread));
    for (const thread of able) {
      const operation = state.histories[thread].next!;
      if (
        this.#isOwn(thread, operation) && !this.#mayEnd(state, thread)
      ) return [thread];
    }
    return able;
  }

  #hasStarted(state: State, thread: number): boolean {
    const { after } = this.#scenario.threads[thread];
    return after === undefined || isOver(state, after);
  }

  #mayEnd(state: State, thread: number): boolean {
    return this.#scenario.threads[thread].mayEnd === true ||
      state.histories[thread].next!.kind === "end?";
  }

  /** Whether the operation is on a word that is assumed to be private to this thread. */
  #isOwn(thread: number, { kind, index }: Operation): boolean {
    if (index < 0 || kind === "wait" || kind === "waitAsync") return false;
    if (kind === "notify" || this.#shared.has(index)) return false;
    if ((this.#users.get(index) ?? thread) !== thread) return false;
    this.#own.add(index);
    return true;
  }

  #noteUse(thread: number, { index }: Operation): void {
    if (index < 0) return;
    const user = this.#users.get(index);
    if (user === undefined) {
      this.#users.set(index, thread);
      this.#used.push(index);
    } else if (user !== thread && !this.#shared.has(index)) {
      this.#shared.add(index);
      if (this.#own.has(index)) throw new WrongAssumption();
    }
  }

  #keyOf(state: State): string {
    const parts: number[] = [state.ended];
    for (const { id } of state.histories) parts.push(id);
    for (const { thread, index, ticket, fulfilled } of state.waiters) {
      parts.push(thread, index, ticket, Number(fulfilled));
    }
    parts.push(-1);
    // Words that no step has used yet still have their prepared values.
    for (const index of this.#used) parts.push(state.memory[index]);
    return parts.join();
  }

  #checkEnd(state: State): void {
    const { mayStayParked, check } = this.#scenario;
    const parked = state.histories.map((_, thread) =>
      this.#hasStarted(state, thread) && !isOver(state, thread)
    );
    if (mayStayParked !== true && parked.includes(true)) {
      this.#fail("lost wake-up: all threads that are not over sleep", state);
    }
    try {
      check?.({
        notes: state.histories.map((history) => history.notes),
        parked,
        words: aloneOn(state.memory.slice()),
      });
    } catch (error) {
      this.#fail("the check of the end failed", state, { error });
    }
  }

  #fail(what: string, state: State, cause?: { error: unknown }): never {
    const lines = this.#path.map(({ thread, operation, before }) => {
      const name = "\t".repeat(thread) + `thread ${thread}: `;
      if (operation === null) return `${name}ends`;
      const { kind, index, a, b } = operation;
      return `${name}${kind} [${index}] ${a} ${b}, before: ${before}`;
    });
    const why = cause === undefined
      ? ""
      : `: ${cause.error instanceof Error ? cause.error.message : cause.error}`;
    const notes = state.histories.map((history) => history.notes.join());
    throw new Error(
      `${what}${why}\nrecorded: ${notes.join(" | ")}\n${lines.join("\n")}`,
      { cause: cause?.error },
    );
  }
}
