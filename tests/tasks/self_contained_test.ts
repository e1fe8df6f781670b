import assert from "node:assert/strict";
import { InvalidTaskError } from "../../mod.ts";
import { runtimeOfFile } from "../support/file_runtime.ts";
import { test } from "../support/test.ts";

const sharedRuntime = runtimeOfFile();

const methods = {
  add(a: number, b: number) {
    return a + b;
  },
  async addLater(a: number, b: number) {
    return await Promise.resolve(a + b);
  },
  "add oddly"(a: number, b: number) {
    return a + b;
  },
};

test("A self-contained function may be written in any form", async () => {
  await using runtime = await sharedRuntime(1);
  const forms: ((a: number, b: number) => number | Promise<number>)[] = [
    (a, b) => a + b,
    async (a, b) => await Promise.resolve(a + b),
    function (a, b) {
      return a + b;
    },
    function add(a, b) {
      return a + b;
    },
    async function addLater(a, b) {
      return await Promise.resolve(a + b);
    },
    methods.add,
    methods.addLater,
    methods["add oddly"],
    (...all) => all.reduce((a, b) => a + b),
    (a, b = 0) => {
      // A comment with } and ` and the end of the line
      return a + b;
    },
  ];
  for (const form of forms) {
    assert.equal(await runtime.spawnCompute(form, 40, 2), 42, String(form));
  }
});

test("A thenable result is awaited on the worker", async () => {
  await using runtime = await sharedRuntime(1);
  const thenable = () => ({
    then: (resolve: (value: string) => void) => resolve("later"),
  });
  assert.equal(await runtime.spawnCompute(thenable), "later");
});

test("A function called again with other arguments runs again", async () => {
  await using runtime = await sharedRuntime(1);
  const square = (n: number) => n * n;
  const results = await Promise.all(
    [1, 2, 3, 4].map((n) => runtime.spawnCompute(square, n)),
  );
  assert.deepEqual(results, [1, 4, 9, 16]);
});

test("An iterator as the result is a DataCloneError", async () => {
  await using runtime = await sharedRuntime(1);
  await assert.rejects(
    // deno-lint-ignore require-yield -- yields nothing
    runtime.spawnCompute(function* () {
      return 1;
    }),
    (error) => error instanceof DOMException && error.name === "DataCloneError",
  );
});

test("A function without source is an error that shows how to send it", async () => {
  await using runtime = await sharedRuntime(1);
  class Point {}
  // deno-lint-ignore no-explicit-any -- wrong on purpose
  const refusals: [any, RegExp][] = [
    [Point, /function Point: it is a class; send a function that/],
    [
      Math.max,
      /function max: it is native or bound.*\(value\) => max\(value\)/,
    ],
    [methods.add.bind(null), /function bound add: it is native or bound/],
    [undefined, /it must be a function or a task\(...\), got undefined/],
    [null, /got null/],
    ["fn", /got string/],
  ];
  for (const [fn, message] of refusals) {
    await assert.rejects(runtime.spawnCompute(fn), (error) => {
      assert.ok(error instanceof InvalidTaskError);
      assert.match(error.message, message);
      return true;
    });
  }
});

test("A call is typed by its function's signature", async () => {
  await using runtime = await sharedRuntime(1);
  const repeat = (text: string, count: number) => text.repeat(count);
  const later = async () => await Promise.resolve(1);
  const text: string = await runtime.spawnCompute(repeat, "ab", 2);
  const one: number = await runtime.spawnCompute(later);
  assert.deepEqual([text, one], ["abab", 1]);
  // For the type checker only; never called.
  const wrong = () => [
    // @ts-expect-error: an argument is missing
    runtime.spawnCompute(repeat, "ab"),
    // @ts-expect-error: an argument has the wrong type
    runtime.spawnCompute(repeat, "ab", "2"),
    // @ts-expect-error: an argument too many
    runtime.spawnAsync(later, 1),
    // @ts-expect-error: the result is a string
    runtime.spawnCompute(repeat, "ab", 2).then((n: number) => n),
  ];
  assert.equal(typeof wrong, "function");
});
