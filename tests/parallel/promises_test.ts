import assert from "node:assert/strict";
import {
  join,
  joinAsync,
  type LoomRuntime,
  parIter,
  parRange,
  scope,
} from "../../mod.ts";
import { runtimeOfFile } from "../support/file_runtime.ts";
import { test } from "../support/test.ts";

const sharedRuntime = runtimeOfFile();

const LIMIT = { timeoutMs: 20_000 };
const LENGTH = 4_096;

// Stages with a type that hides what they return, as plain JavaScript would have it.
// deno-lint-ignore no-explicit-any -- hides the promise from the compiler
type Hidden = any;

const later: Hidden = (x: number) => Promise.resolve(x);
const rejectsLater: Hidden = (x: number) => Promise.reject(new Error(`${x}`));
const thenable: Hidden = (x: number) => ({ then: (f: Hidden) => f(x) });
const laterAtEnd: Hidden = (x: number) =>
  x === 4_095 ? Promise.resolve(true) : false;
const laterPairs: Hidden = (a: number, b: number) => Promise.resolve(a - b);
const laterItems: Hidden = (x: number) => [x, Promise.resolve(x)];

function numbers() {
  return parRange(0, LENGTH);
}

function array() {
  return parIter(Float64Array.from({ length: LENGTH }, (_, i) => -i));
}

/** Every place of a function, in both forms. */
const OPERATIONS: Readonly<
  Record<string, readonly [() => unknown, () => Promise<unknown>]>
> = {
  "map().sum()": [
    () => numbers().map(later).sum(),
    () => numbers().map(later).sumAsync(),
  ],
  "map().collect()": [
    () => numbers().map(later).collect(),
    () => numbers().map(later).collectAsync(),
  ],
  "map().toArray()": [
    () => numbers().map(later).toArray(),
    () => numbers().map(later).toArrayAsync(),
  ],
  "map().count()": [
    () => numbers().map(later).count(),
    () => numbers().map(later).countAsync(),
  ],
  "map() with rejections": [
    () => numbers().map(rejectsLater).sum(),
    () => numbers().map(rejectsLater).sumAsync(),
  ],
  "map() with an object with then()": [
    () => numbers().map(thenable).sum(),
    () => numbers().map(thenable).sumAsync(),
  ],
  "map() after filter()": [
    () => numbers().filter((x) => x > 9).map(later).sum(),
    () => numbers().filter((x) => x > 9).map(later).sumAsync(),
  ],
  "map() before chunks()": [
    () => numbers().map(later).chunks(9).count(),
    () => numbers().map(later).chunks(9).countAsync(),
  ],
  "filter().count()": [
    () => numbers().filter(later).count(),
    () => numbers().filter(later).countAsync(),
  ],
  "filter() with one promise": [
    () => numbers().filter(laterAtEnd).count(),
    () => numbers().filter(laterAtEnd).countAsync(),
  ],
  "flatMap()": [
    () => numbers().flatMap(later).count(),
    () => numbers().flatMap(later).countAsync(),
  ],
  "flatMap() with promises in a list": [
    () => numbers().flatMap(laterItems).count(),
    () => numbers().flatMap(laterItems).countAsync(),
  ],
  "forEach()": [
    () => numbers().forEach(later),
    () => numbers().forEachAsync(later),
  ],
  "mapInPlace()": [
    () => array().mapInPlace(later),
    () => array().mapInPlaceAsync(later),
  ],
  "find()": [
    () => numbers().find(later),
    () => numbers().findAsync(later),
  ],
  "position()": [
    () => numbers().position(later),
    () => numbers().positionAsync(later),
  ],
  "any()": [
    () => numbers().any(laterAtEnd),
    () => numbers().anyAsync(laterAtEnd),
  ],
  "all()": [() => numbers().all(later), () => numbers().allAsync(later)],
  "partition()": [
    () => numbers().partition(later),
    () => numbers().partitionAsync(later),
  ],
  "reduce()": [
    () => numbers().reduce(0, laterPairs),
    () => numbers().reduceAsync(0, laterPairs),
  ],
  "fold() with an asynchronous start": [
    () => numbers().fold<number, []>(later, (a, x) => a + x, (a, b) => a + b),
    () =>
      numbers().foldAsync<number, []>(later, (a, x) => a + x, (a, b) => a + b),
  ],
  "fold() with an asynchronous step": [
    () => numbers().fold(() => 0, laterPairs, (a, b) => a + b),
    () => numbers().foldAsync(() => 0, laterPairs, (a, b) => a + b),
  ],
  "fold() with an asynchronous combination": [
    () => numbers().fold(() => 0, (a, x) => a + x, laterPairs),
    () => numbers().foldAsync(() => 0, (a, x) => a + x, laterPairs),
  ],
  "sort()": [
    () => array().sort(laterPairs),
    () => array().sortAsync(laterPairs),
  ],
  "sortBy()": [() => array().sortBy(later), () => array().sortByAsync(later)],
  "join(), first": [
    () => join([later, 1], [() => 2]),
    () => joinAsync([later, 1], [() => 2]),
  ],
  "join(), second": [
    () => join([() => 1], [later, 2]),
    () => joinAsync([() => 1], [later, 2]),
  ],
  "scope()": [
    () => scope((s) => void s.spawn(later, 1)),
    () => Promise.resolve(scope((s) => void s.spawn(later, 1))),
  ],
};

const REFUSED = {
  name: "TypeError",
  message:
    /^Cannot [a-z ]+: a function returned a promise, .* use a synchronous function, or computeMap\(\)/,
};

async function refusesBoth(
  runtime: LoomRuntime,
  [now, async]: (typeof OPERATIONS)[string],
): Promise<void> {
  assert.throws(() => runtime.install(now), REFUSED);
  await assert.rejects(async () => await runtime.install(async), REFUSED);
}

test(
  "Functions that return promises are refused, in every operation",
  async () => {
    await using runtime = await sharedRuntime(2);
    for (const [name, forms] of Object.entries(OPERATIONS)) {
      try {
        await refusesBoth(runtime, forms);
      } catch (error) {
        throw new Error(`${name}: not refused`, { cause: error });
      }
    }
    // The rejected promises have ended no worker.
    assert.equal(await numbers().sumAsync(), LENGTH * (LENGTH - 1) / 2);
  },
  LIMIT,
);

test("Objects that are no promises pass", async () => {
  await using _runtime = await sharedRuntime(2);
  const objects = await numbers()
    .map((x) => x % 2 === 0 ? null : { x, then: x })
    .toArrayAsync();
  assert.deepEqual(objects.slice(0, 2), [null, { x: 1, then: 1 }]);
  const some: Hidden = (x: number) => x < 10 ? { x } : null;
  assert.equal(await numbers().filter(some).countAsync(), 10);
});
