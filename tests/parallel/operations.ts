/**
 * Every operation of parallel iterators, with an equivalent on plain arrays.
 *
 * @module
 */

import {
  type NumericArray,
  type ParIter,
  parIter,
  parRange,
  shared,
} from "../../mod.ts";
import { type Item, itemOf, plain } from "./arrays.ts";

/** An operation in its two forms, and its equivalent on a plain array. */
export interface Case {
  readonly now: (array: NumericArray) => unknown;
  readonly later: (array: NumericArray) => Promise<unknown>;
  readonly plain: (array: NumericArray) => unknown;
  /** Whether a million items take too long: a compare function, or many objects. */
  readonly isSlow?: true;
}

const iter = (array: NumericArray) => parIter(array) as ParIter<Item, Item>;
const compare = (a: Item, b: Item) => a < b ? -1 : a > b ? 1 : 0;

/** Whether the item is divisible by 3; `three` is 3 as a number or a bigint. */
const isThird = (x: Item, three: Item) => x % three === three - three;
const thirds = (array: NumericArray) => {
  const three = itemOf(array, 3);
  return plain(array).filter((x) => isThird(x, three));
};

/** Every operation, by title. */
export const CASES: Record<string, Case> = {
  "collect() keeps the class": {
    now: (a) => iter(a).collect(),
    later: (a) => iter(a).collectAsync(),
    plain: (a) => a,
  },
  "map().collect()": {
    now: (a) => iter(a).map((x, k) => x * k, itemOf(a, 3)).collect(),
    later: (a) => iter(a).map((x, k) => x * k, itemOf(a, 3)).collectAsync(),
    plain: (a) => {
      const items = plain(a).map((x) => x * itemOf(a, 3));
      return typeof itemOf(a, 0) === "bigint"
        ? (a.constructor as Item).from(items)
        : Float64Array.from(items);
    },
  },
  "filter().collect()": {
    now: (a) => iter(a).filter(isThird, itemOf(a, 3)).collect(),
    later: (a) => iter(a).filter(isThird, itemOf(a, 3)).collectAsync(),
    plain: (a) => (a.constructor as Item).from(thirds(a)),
  },
  "filter().map().collect()": {
    now: (a) =>
      iter(a).filter(isThird, itemOf(a, 3)).map((x, k) => x / k, itemOf(a, 2))
        .collect(),
    later: (a) =>
      iter(a).filter(isThird, itemOf(a, 3)).map((x, k) => x / k, itemOf(a, 2))
        .collectAsync(),
    plain: (a) => {
      const items = thirds(a).map((x) => x / itemOf(a, 2));
      return typeof itemOf(a, 0) === "bigint"
        ? (a.constructor as Item).from(items)
        : Float64Array.from(items);
    },
  },
  "filter().map().toArray()": {
    isSlow: true,
    now: (a) =>
      iter(a).filter(isThird, itemOf(a, 3)).map((x) => String(x)).toArray(),
    later: (a) =>
      iter(a).filter(isThird, itemOf(a, 3)).map((x) => ({ x })).toArrayAsync()
        .then((items) => items.map(({ x }) => String(x))),
    plain: (a) => thirds(a).map(String),
  },
  "flatMap().collect()": {
    isSlow: true,
    now: (a) => iter(a).flatMap((x) => [x, x]).collect(a.constructor as Item),
    later: (a) =>
      iter(a).flatMap((x) => [x, x]).collectAsync(a.constructor as Item),
    plain: (a) => (a.constructor as Item).from(plain(a).flatMap((x) => [x, x])),
  },
  "flatMap().filter().count()": {
    now: (a) =>
      iter(a).flatMap((x) => [x, x]).filter(isThird, itemOf(a, 3)).count(),
    later: (a) =>
      iter(a).flatMap((x) => [x, x]).filter(isThird, itemOf(a, 3))
        .countAsync(),
    plain: (a) => thirds(a).length * 2,
  },
  "collectInto() an array": {
    now: (a) => {
      const target = new (a.constructor as Item)(a.length + 1);
      return [iter(a).collectInto(target), target];
    },
    later: async (a) => {
      const target = shared(new (a.constructor as Item)(a.length + 1) as Item);
      return [await iter(a).collectIntoAsync(target), target];
    },
    plain: (a) => {
      const target = new (a.constructor as Item)(a.length + 1);
      target.set(a);
      return [a.length, target];
    },
  },
  "mapInPlace()": {
    now: (a) => {
      const copy = a.slice();
      iter(copy).mapInPlace((x, k) => x + k, itemOf(a, 1));
      return copy;
    },
    later: async (a) => {
      const copy = shared(a.slice() as Item);
      await iter(copy).mapInPlaceAsync((x, k) => x + k, itemOf(a, 1));
      return copy;
    },
    plain: (a) => (a as Item).map((x: Item) => x + itemOf(a, 1)),
  },
  "forEach()": {
    isSlow: true,
    now: (a) => {
      const seen = shared(new Int32Array(1));
      iter(a).forEach(
        addTo,
        seen,
      );
      return seen[0];
    },
    later: async (a) => {
      const seen = shared(new Int32Array(1));
      await iter(a).forEachAsync(
        addTo,
        seen,
      );
      return seen[0];
    },
    plain: (a) =>
      Number(BigInt.asIntN(
        32,
        plain(a).reduce((sum, x) => sum + BigInt(x), 0n),
      )),
  },
  "sum()": {
    now: (a) => iter(a).sum(),
    later: (a) => iter(a).sumAsync(),
    plain: (a) => plain(a).reduce((s, x) => s + x, itemOf(a, 0)),
  },
  "product() of ones and twos": {
    now: (a) => iter(a).map(oneOrTwo, itemOf(a, 1)).product(),
    later: (a) => iter(a).map(oneOrTwo, itemOf(a, 1)).productAsync(),
    plain: (a) =>
      plain(a).map((x) => oneOrTwo(x, itemOf(a, 1)))
        .reduce((p, x) => p * x, itemOf(a, 1)),
  },
  "min() and max()": {
    now: (a) => [iter(a).min(), iter(a).max()],
    later: (a) => Promise.all([iter(a).minAsync(), iter(a).maxAsync()]),
    plain: (a) => {
      const sorted = plain(a).sort(compare);
      return [sorted[0], sorted.at(-1)];
    },
  },
  "filter().count()": {
    now: (a) => iter(a).filter(isThird, itemOf(a, 3)).count(),
    later: (a) => iter(a).filter(isThird, itemOf(a, 3)).countAsync(),
    plain: (a) => thirds(a).length,
  },
  "filter().reduce()": {
    now: (a) =>
      iter(a).filter(isThird, itemOf(a, 3))
        .reduce(itemOf(a, 0), (x, y) => x + y),
    later: (a) =>
      iter(a).filter(isThird, itemOf(a, 3))
        .reduceAsync(itemOf(a, 0), (x, y) => x + y),
    plain: (a) => thirds(a).reduce((x, y) => x + y, itemOf(a, 0)),
  },
  "fold() of objects": {
    isSlow: true,
    now: (a) => iter(a).fold(newList, addToList, joinLists),
    later: (a) => iter(a).foldAsync(newList, addToList, joinLists),
    plain: (a) => a.length === 0 ? undefined : { items: plain(a) },
  },
  "find() and position()": {
    now: (a) => [
      iter(a).find(isThird, itemOf(a, 3)),
      iter(a).position(isThird, itemOf(a, 3)),
    ],
    later: (a) =>
      Promise.all([
        iter(a).findAsync(isThird, itemOf(a, 3)),
        iter(a).positionAsync(isThird, itemOf(a, 3)),
      ]),
    plain: (a) => [
      plain(a).find((x) => isThird(x, itemOf(a, 3))),
      plain(a).findIndex((x) => isThird(x, itemOf(a, 3))),
    ],
  },
  "any() and all()": {
    now: (a) => [
      iter(a).any((x, limit) => x > limit, itemOf(a, 40)),
      iter(a).all((x, limit) => x < limit, itemOf(a, 56)),
    ],
    later: (a) =>
      Promise.all([
        iter(a).anyAsync((x, limit) => x > limit, itemOf(a, 40)),
        iter(a).allAsync((x, limit) => x < limit, itemOf(a, 56)),
      ]),
    plain: (a) => [
      plain(a).some((x) => x > itemOf(a, 40)),
      plain(a).every((x) => x < itemOf(a, 56)),
    ],
  },
  "partition()": {
    now: (a) => iter(a).partition(isThird, itemOf(a, 3)),
    later: (a) => iter(a).partitionAsync(isThird, itemOf(a, 3)),
    plain: (a) => {
      const type = a.constructor as Item;
      const others = plain(a).filter((x) => !isThird(x, itemOf(a, 3)));
      return [type.from(thirds(a)), type.from(others)];
    },
  },
  "histogram()": {
    now: (a) => iter(a).histogram(4, -10, 10),
    later: (a) => iter(a).histogramAsync(4, -10, 10),
    plain: (a) => {
      const counts = new Float64Array(4);
      for (const x of plain(a).map(Number)) {
        if (x < -10 || x > 10) continue;
        counts[[-5, 0, 5].filter((edge) => x >= edge).length]++;
      }
      return counts;
    },
  },
  "sort()": {
    now: (a) => {
      const copy = a.slice();
      iter(copy).sort();
      return copy;
    },
    later: async (a) => {
      const copy = shared(a.slice() as Item);
      await iter(copy).sortAsync();
      return copy;
    },
    plain: (a) => a.slice().sort(),
  },
  "sort() by a function and sortBy() are stable": {
    isSlow: true,
    now: (a) => {
      const [copy, other] = [a.slice(), a.slice()];
      iter(copy).sort(compareRest, itemOf(a, 3));
      iter(other).sortBy((x, three) => x % three, itemOf(a, 3));
      return [copy, other];
    },
    later: async (a) => {
      const [copy, other] = [shared(a.slice() as Item), a.slice()] as Item[];
      await iter(copy).sortAsync(compareRest, itemOf(a, 3));
      await iter(other).sortByAsync((x, three) => x % three, itemOf(a, 3));
      return [copy, other];
    },
    plain: (a) => {
      const sorted = (a.constructor as Item).from(
        plain(a).sort((x, y) => compareRest(x, y, itemOf(a, 3))),
      );
      return [sorted, sorted];
    },
  },
  "enumerate() after skip() and take()": {
    now: (a) => iter(a).skip(2).take(300).enumerate().toArray(),
    later: (a) => iter(a).skip(2).take(300).enumerate().toArrayAsync(),
    plain: (a) => plain(a).slice(2, 302).map((x, i) => [i, x]),
  },
  "zip() with a range": {
    now: (a) => iter(a).zip(parRange(0, 900, 3)).toArray(),
    later: (a) => iter(a).zip(parRange(0, 900, 3)).toArrayAsync(),
    plain: (a) => plain(a).slice(0, 300).map((x, i) => [x, i * 3]),
  },
  "map().chunks()": {
    isSlow: true,
    now: (a) => iter(a).map((x) => -x).chunks(3).toArray(),
    later: (a) => iter(a).map((x) => -x).chunks(3).toArrayAsync(),
    plain: (a) => {
      const items = plain(a).map((x) => -x);
      return Array.from(
        { length: Math.ceil(a.length / 3) },
        (_, i) => items.slice(i * 3, i * 3 + 3),
      );
    },
  },
  "windows().map().toArray()": {
    isSlow: true,
    now: (a) => iter(a).windows(2).map(([x, y]) => y - x).toArray(),
    later: (a) => iter(a).windows(2).map(([x, y]) => y - x).toArrayAsync(),
    plain: (a) => {
      const items = plain(a);
      return items.slice(1).map((y, i) => y - items[i]);
    },
  },
};

function compareRest(x: Item, y: Item, three: Item): number {
  return Number(x % three - y % three);
}

function addTo(x: Item, seen: Int32Array): void {
  Atomics.add(seen, 0, Number(BigInt.asIntN(32, BigInt(x))));
}

function oneOrTwo(x: Item, one: Item): Item {
  return x % (one + one + one) === one ? one + one : one;
}

function newList(): { items: Item[] } {
  return { items: [] };
}

function addToList(list: { items: Item[] }, x: Item): { items: Item[] } {
  list.items.push(x);
  return list;
}

function joinLists(
  a: { items: Item[] },
  b: { items: Item[] },
): { items: Item[] } {
  return { items: [...a.items, ...b.items] };
}
