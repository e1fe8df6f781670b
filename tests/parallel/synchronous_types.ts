/**
 * What the compiler says of asynchronous functions in parallel operations. This file is
 * type-checked and never run.
 *
 * @module
 */

import {
  join,
  joinAsync,
  parIter,
  parRange,
  type Scope,
  task,
} from "../../mod.ts";
import type { addTwo } from "../fixtures/tasks/parallel.ts";

const later = (x: number) => Promise.resolve(x);
const laterTrue = (_: number) => Promise.resolve(true);
const sometimes = (x: number) => x > 0 ? Promise.resolve(x) : x;
const numbers = parRange(0, 10);
const array = parIter(new Float64Array(4));

/** Asynchronous functions are errors as stages. */
export function refusedStages(): void {
  // @ts-expect-error a promise
  numbers.map(later);
  // @ts-expect-error a promise
  numbers.map(async (x) => await Promise.resolve(x));
  // @ts-expect-error a promise for some items
  numbers.map(sometimes);
  // @ts-expect-error a promise
  numbers.map(laterTrue).filter((x) => x);
  // @ts-expect-error a promise
  numbers.filter(laterTrue);
  // @ts-expect-error a promise
  numbers.flatMap(later);
  // @ts-expect-error an asynchronous generator
  numbers.flatMap(async function* (x) {
    yield await Promise.resolve(x);
  });
  // @ts-expect-error promises in a list
  numbers.flatMap((x) => [Promise.resolve(x)]);
}

/** Asynchronous functions are errors at the end of an iterator, and as its parts. */
export function refusedEnds(scope: Scope): void {
  // @ts-expect-error a promise
  numbers.forEach(later);
  // @ts-expect-error a promise of nothing
  numbers.forEach(async () => await Promise.resolve());
  // @ts-expect-error a promise
  void numbers.forEachAsync(later);
  // @ts-expect-error a promise
  array.mapInPlace(later);
  // @ts-expect-error a promise
  void array.mapInPlaceAsync(later);
  // @ts-expect-error a promise
  numbers.find(laterTrue);
  // @ts-expect-error a promise
  void numbers.findAsync(laterTrue);
  // @ts-expect-error a promise
  numbers.position(laterTrue);
  // @ts-expect-error a promise
  void numbers.positionAsync(laterTrue);
  // @ts-expect-error a promise
  numbers.any(laterTrue);
  // @ts-expect-error a promise
  void numbers.anyAsync(laterTrue);
  // @ts-expect-error a promise
  numbers.all(laterTrue);
  // @ts-expect-error a promise
  void numbers.allAsync(laterTrue);
  // @ts-expect-error a promise
  numbers.partition(laterTrue);
  // @ts-expect-error a promise
  void numbers.partitionAsync(laterTrue);
  // @ts-expect-error a promise
  numbers.reduce(0, async (a, b) => await Promise.resolve(a + b));
  // @ts-expect-error a promise
  void numbers.reduceAsync(0, async (a, b) => await Promise.resolve(a + b));
  // @ts-expect-error a promise as the start
  numbers.fold(() => Promise.resolve(0), (a) => a, (a) => a);
  // @ts-expect-error a promise as the next value
  numbers.fold(() => 0, later, (a, b) => a + b);
  // @ts-expect-error a promise as the combined value
  void numbers.foldAsync(() => 0, (a, b) => a + b, later);
  // @ts-expect-error a promise
  array.sort(later);
  // @ts-expect-error a promise
  void array.sortAsync(later);
  // @ts-expect-error a promise
  array.sortBy(later);
  // @ts-expect-error a promise
  void array.sortByAsync(later);
  // @ts-expect-error a promise
  join([later, 1], [() => 2]);
  // @ts-expect-error a promise
  void joinAsync([() => 1], [later, 2]);
  // @ts-expect-error a promise
  scope.spawn(later, 1);
}

/** The types of synchronous functions stay as they are. */
export function accepted(scope: Scope): void {
  const byName = task<typeof addTwo>("", "addTwo");
  numbers.map(byName).sum() satisfies number;
  join([byName, 1], [() => "a"]) satisfies [number, string];
  scope.spawn(byName, 1).value satisfies number;
  numbers.map((x) => x * 2).sum() satisfies number;
  numbers.map((x) => `${x}`).toArray() satisfies string[];
  numbers.map((x) => ({ x })).toArray() satisfies { x: number }[];
  numbers.map((x) => x > 2 ? { x } : undefined).toArray() satisfies (
    | { x: number }
    | undefined
  )[];
  numbers.map((x, by: number) => x * by, 2).collect() satisfies Float64Array;
  numbers.forEach((x) => x * 2);
  numbers.forEach(() => {});
  numbers.flatMap((x) => [x, x]).sum() satisfies number;
  numbers.fold(() => 0, (a, x) => a + x, (a, b) => a + b) satisfies
    | number
    | undefined;
  // deno-lint-ignore no-explicit-any -- a function that has no types
  const untyped: any = undefined;
  numbers.map(untyped).filter(untyped).toArray();
  numbers.forEach(untyped);
}
