/**
 * Random nested loops and their expected values.
 *
 * @module
 */

import { parRange, task } from "../../mod.ts";

/** A loop; each of its items runs the loops below it. */
interface Nest {
  readonly items: number;
  readonly operation: "sum" | "max" | "count" | "find" | "reduce";
  readonly inner: readonly Nest[];
}

/** A nest of loops and where the outermost one is started. */
export interface Program extends Nest {
  readonly start: "here" | "call" | "awaited";
}

/** A small generator (mulberry32) of numbers from 0 to 1. */
function generator(seed: number): () => number {
  let state = seed | 0;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let t = Math.imul(state ^ (state >>> 15), 1 | state);
    t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t;
    return ((t ^ (t >>> 14)) >>> 0) / 2 ** 32;
  };
}

/** The program of this seed. */
export function randomProgram(seed: number): Program {
  const random = generator(seed);
  const pick = <T>(values: readonly T[]) =>
    values[Math.floor(random() * values.length)];
  const nest = (depth: number): Nest => ({
    items: pick(depth === 0 ? [0, 1, 3, 10, 300] : [1, 2, 3, 5]),
    operation: pick(["sum", "max", "count", "find", "reduce"]),
    inner: Array.from(
      { length: depth === 0 ? 0 : pick([0, 1, 1, 2]) },
      () => nest(depth - 1),
    ),
  });
  return {
    ...nest(pick([0, 1, 2, 3])),
    start: pick(["here", "call", "awaited"]),
  };
}

/** Runs the nest with parallel iterators. The first argument is an item, or the nest. */
export const runNested: (item: unknown, nest?: Nest) => number = task(
  import.meta.url,
  function runNested(item: unknown, given?: Nest): number {
    const nest = given ?? item as Nest;
    const items = parRange(0, nest.items).map(valueOf, nest);
    switch (nest.operation) {
      case "sum":
        return items.sum();
      case "max":
        return items.max() ?? -1;
      case "count":
        return items.filter((x) => x % 2 === 0).count();
      case "find":
        return items.find((x) => x > 4) ?? -1;
      case "reduce":
        return items.reduce(0, (a, b) => (a + b) % 1009);
    }
  },
);

const valueOf: (item: number, nest: Nest) => number = task(
  import.meta.url,
  function valueOf(item: number, nest: Nest): number {
    return nest.inner.reduce((sum, inner) => sum + runNested(inner), item);
  },
);

/** The expected value of a nest, from plain loops. */
export function runPlain(nest: Nest): number {
  const items = Array.from(
    { length: nest.items },
    (_, item) => nest.inner.reduce((sum, inner) => sum + runPlain(inner), item),
  );
  switch (nest.operation) {
    case "sum":
      return items.reduce((a, b) => a + b, 0);
    case "max":
      return items.length === 0 ? -1 : Math.max(...items);
    case "count":
      return items.filter((x) => x % 2 === 0).length;
    case "find":
      return items.find((x) => x > 4) ?? -1;
    case "reduce":
      return items.reduce((a, b) => (a + b) % 1009, 0);
  }
}
