/**
 * The lanes of all threads, as one thread sees them.
 *
 * @module
 */

import { Lane, type LaneMemory } from "./lane.ts";
import type { PoolKind } from "./layout.ts";

/**
 * All lanes of a runtime. Each is opened when it is first needed: workers need few of them, as
 * most threads make no calls, and there are as many on each thread as there are threads.
 */
export class Lanes {
  readonly #memory: readonly (readonly LaneMemory[])[];
  readonly #open: (Lane | undefined)[][];
  /** See {@linkcode Lane.firstCall}, by pool and owner. */
  readonly #firstCalls: readonly (readonly number[])[];

  /** @param memory By pool, then by thread index of the owner. */
  constructor(memory: readonly (readonly LaneMemory[])[]) {
    let next = 0;
    this.#memory = memory;
    this.#open = memory.map(() => []);
    this.#firstCalls = memory.map((lanes) =>
      lanes.map(({ capacity }) => {
        const first = next;
        next += capacity;
        return first;
      })
    );
  }

  /** The lane that carries the calls of a thread to a pool, which has workers. */
  of(pool: PoolKind, owner: number): Lane {
    return this.#open[pool][owner] ??= new Lane(
      this.#memory[pool][owner],
      owner,
      this.#firstCalls[pool][owner],
    );
  }

  /** The lanes of all threads to a pool, in their order; none if it has no workers. */
  to(pool: PoolKind): Lane[] {
    return this.#memory[pool].map((_, owner) => this.of(pool, owner));
  }

  /** The lanes of one thread, to each pool that has workers. */
  ownedBy(owner: number): Lane[] {
    return this.#memory.flatMap((lanes, pool) =>
      lanes.length === 0 ? [] : this.of(pool as PoolKind, owner)
    );
  }

  /** All lanes, in the order of the numbers of their calls. */
  all(): Lane[] {
    return this.#memory.flatMap((_, pool) => this.to(pool as PoolKind));
  }
}
