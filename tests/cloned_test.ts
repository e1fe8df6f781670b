/**
 * What arrives has the members that `Cloned` says, and no others. The types themselves are
 * checked in cloned_types.ts.
 *
 * @module
 */

import assert from "node:assert/strict";
import { Buffer } from "node:buffer";
import type { Cloned } from "../mod.ts";
import {
  Circle,
  Day,
  Names,
  Pattern,
  Point,
  Samples,
  ShowableFailure,
  Table,
  Tags,
} from "./fixtures/subclasses.ts";
import { unpinned } from "./support/runtime.ts";
import { test } from "./support/test.ts";

const echo = <T>(value: T): T => value;

test("An instance arrives with its own properties, without methods, getters and symbols", async () => {
  await using runtime = await unpinned(1).build();
  const circle = new Circle(2);
  circle.inner = new Circle(1);
  circle.onChange = undefined;
  const copy: Cloned<Circle> = await runtime.spawnCompute(echo, circle);
  assert.equal(Object.getPrototypeOf(copy), Object.prototype);
  assert.deepEqual(Reflect.ownKeys(copy).sort(), [
    "inner",
    "onChange",
    "radius",
  ]);
  assert.deepEqual([copy.radius, copy.inner?.radius], [2, 1]);
  assert.equal("area" in copy, false);
  // A getter is a property to the type, but it is not copied.
  assert.equal(copy.diameter, undefined);
});

test("An instance of a class without methods arrives as a plain object of that type", async () => {
  await using runtime = await unpinned(1).build();
  const copy: Point = await runtime.spawnCompute(() => ({ x: 3 }));
  const same: Point = await runtime.spawnCompute(echo, new Point());
  assert.deepEqual([copy.x, same.x, same instanceof Point], [3, 0, false]);
});

test("Subclasses of built-in classes arrive as the built-in class", async () => {
  await using runtime = await unpinned(1).build();
  const table = new Table([["a", new Circle(2)]]);
  const map: Map<string, Cloned<Circle>> = await runtime.spawnCompute(
    echo,
    table,
  );
  assert.equal(Object.getPrototypeOf(map), Map.prototype);
  assert.deepEqual([map.get("a")?.radius, "title" in map], [2, false]);
  const tags: Set<string> = await runtime.spawnCompute(echo, new Tags(["a"]));
  assert.equal(Object.getPrototypeOf(tags), Set.prototype);
  const samples: Float32Array = await runtime.spawnCompute(
    echo,
    new Samples(new ArrayBuffer(8)),
  );
  assert.equal(Object.getPrototypeOf(samples), Float32Array.prototype);
  const day: Date = await runtime.spawnCompute(echo, new Day(5));
  assert.equal(Object.getPrototypeOf(day), Date.prototype);
  const pattern: RegExp = await runtime.spawnCompute(echo, new Pattern("a"));
  assert.equal(Object.getPrototypeOf(pattern), RegExp.prototype);
});

test("An array keeps properties of its own, such as those of match()", async () => {
  await using runtime = await unpinned(1).build();
  const names = Object.assign(new Names("a", "b"), { title: "both" });
  const copy: Cloned<Names> = await runtime.spawnCompute(echo, names);
  assert.equal(Object.getPrototypeOf(copy), Array.prototype);
  assert.deepEqual([[...copy], copy.title], [["a", "b"], "both"]);
  const match: RegExpMatchArray | null = await runtime.spawnCompute(
    (text: string) => text.match(/f(?<rest>.*)/),
    "weft",
  );
  assert.deepEqual([match?.[0], match?.index, match?.groups?.rest], [
    "ft",
    2,
    "t",
  ]);
});

test("An error arrives with its data and without methods, a Buffer and a URL as themselves", async () => {
  await using runtime = await unpinned(1).build();
  const sent = Object.assign(new ShowableFailure("bad"), { line: 7 });
  const copy: Cloned<ShowableFailure> = await runtime.spawnCompute(echo, sent);
  assert.ok(copy instanceof Error);
  assert.deepEqual([copy.message, copy.line, "show" in copy], [
    "bad",
    7,
    false,
  ]);
  const bytes: Buffer = await runtime.spawnCompute(echo, Buffer.from("ab"));
  assert.equal(bytes.toString("hex"), "6162");
  const url: URL = await runtime.spawnCompute(echo, new URL("data:,a"));
  assert.equal(url.pathname, ",a");
});

test("What the type of a copy excludes makes the call reject", async () => {
  await using runtime = await unpinned(1).build();
  const results: Promise<never>[] = [
    runtime.spawnCompute(() => () => 1),
    runtime.spawnCompute(() => Symbol()),
    runtime.spawnCompute(() => new WeakMap()),
    runtime.spawnCompute(() => new WeakSet()),
    runtime.spawnCompute(() => new WeakRef({})),
    runtime.spawnCompute(() => (function* () {})()),
    runtime.spawnCompute(() => (async function* () {})()),
    runtime.spawnCompute(() => new Blob([])),
    runtime.spawnCompute(() => new ReadableStream()),
    runtime.spawnCompute(() => new WritableStream()),
    runtime.spawnCompute(() => new Request("http://localhost/")),
    runtime.spawnCompute(() => new Response("")),
  ];
  for (
    const [index, outcome] of (await Promise.allSettled(results)).entries()
  ) {
    assert.equal(
      outcome.status === "rejected" && outcome.reason.name,
      "DataCloneError",
      `result ${index}`,
    );
  }
  // The type of an object excludes such a property only.
  await assert.rejects(
    runtime.spawnCompute(() => ({ later: Promise.resolve(1) })),
    { name: "DataCloneError" },
  );
});
