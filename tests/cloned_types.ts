/**
 * The types of copies, and of the results of calls. This file is type-checked and never run.
 *
 * @module
 */

import type { Buffer } from "node:buffer";
import {
  type Cloned,
  computeMap,
  join,
  joinAsync,
  type LoomRuntime,
  move,
  type Moved,
  parRange,
  scope,
  scopeCompute,
  type SharedValue,
  sharedValue,
  spawnAsync,
  spawnCompute,
  type Task,
  task,
} from "../mod.ts";
import type {
  Circle as FixtureCircle,
  Day,
  Failure,
  Names,
  Pattern,
  Point,
  Samples,
  ShowableFailure,
  Table,
  Tags,
} from "./fixtures/subclasses.ts";

type Equal<A, B> = (<X>() => X extends A ? 1 : 2) extends
  (<X>() => X extends B ? 1 : 2) ? true : false;
/** Compiles if a copy of a `T` is a `T`. */
declare function same<T>(..._: Equal<Cloned<T>, T> extends true ? [] : [1]): 1;
/** Compiles if a copy of a `T` is a `Copy`. */
declare function becomes<T, Copy>(
  ..._: Equal<Cloned<T>, Copy> extends true ? [] : [1]
): 1;

type Json = null | boolean | number | string | Json[] | { [key: string]: Json };
type Nested = [string, Nested[]];
type Expression = number | ["+" | "*", Expression, Expression];
interface Trie extends Map<string, Trie> {}
interface Tree {
  name: string;
  readonly children: readonly Tree[];
  parent?: Tree;
  byName: Record<string, Tree>;
  sizes: Map<Tree, Set<Tree>>;
}
type Answer =
  | { ok: true; value: unknown; error?: never; other: never }
  | { ok: false; error: string | undefined };
enum Color {
  Red,
  Blue,
}

/** Data keeps its type. */
export function unchanged(): void {
  same<undefined | null | boolean | number | bigint | string>();
  same<"a" | 1 | Color>();
  same<string & { readonly __brand: "id" }>();
  same<void>();
  same<never>();
  same<unknown>();
  // deno-lint-ignore no-explicit-any -- a result that has no type
  same<any>();
  same<object>();
  same<Record<never, never>>();
  same<Point>();
  same<Answer>();
  same<{ [name: string]: unknown; [index: number]: Point }>();
  same<string[][]>();
  same<readonly Point[]>();
  same<[]>();
  same<[x: number, y?: string, ...rest: boolean[]]>();
  same<readonly [1, readonly [2, [3, [4, [5, [6, [7]]]]]]]>();
  same<number[] & { readonly __brand: "sorted" }>();
  same<RegExpMatchArray | null>();
  same<RegExpExecArray>();
  same<Date | RegExp | URL | URLSearchParams>();
  same<Map<string, Date[]> | Set<Point>>();
  same<ReadonlyMap<string, Point> | ReadonlySet<number>>();
  // deno-lint-ignore ban-types -- objects such as new Number(1)
  same<Number | String | Boolean | BigInt>();
  same<ArrayBuffer | SharedArrayBuffer>();
  same<DataView<SharedArrayBuffer> | DataView>();
  same<Float64Array | BigInt64Array<SharedArrayBuffer> | Uint8ClampedArray>();
  same<Uint8Array<ArrayBuffer>>();
  same<Buffer>();
  same<SharedValue<{ names: string[] }>>();
  becomes<SharedValue<Circle>, SharedValue<Circle>>();
  becomes<Moved<Uint8Array>, Uint8Array>();
  becomes<{ stream: Moved<ReadableStream> }, { stream: ReadableStream }>();
  same<ArrayBufferView>();
  same<Error | TypeError | AggregateError | DOMException | Failure>();
  same<PromiseSettledResult<number>[]>();
  same<Json>();
  same<Tree>();
  same<Nested>();
  same<Expression>();
}

class Circle {
  #area = 0;
  protected color = "red";
  readonly radius: number = 1;
  inner?: Circle;
  onChange?: () => void;
  format: ((circle: Circle) => string) | null = null;
  key: symbol = Symbol();
  later: Promise<number> = Promise.resolve(1);
  known: WeakSet<Circle> = new WeakSet();
  [Symbol.toStringTag] = "Circle";

  area(): number {
    return this.#area;
  }
}
type ClonedCircle = Cloned<Circle>;

/** What cannot be copied is missing, or never. */
export function changed(
  circle: ClonedCircle,
  failure: Cloned<ShowableFailure>,
  names: Cloned<Names>,
  trie: Cloned<Trie>,
): void {
  becomes<() => void, never>();
  becomes<symbol | Promise<number>, never>();
  becomes<typeof Circle, never>();
  becomes<abstract new () => object, never>();
  becomes<WeakMap<object, number> | WeakSet<object> | WeakRef<object>, never>();
  becomes<Generator<number> | AsyncGenerator<number>, never>();
  becomes<Blob | File | ReadableStream<string> | Response, never>();
  becomes<(() => void) | 1, 1>();
  becomes<Table, Map<string, Cloned<FixtureCircle>>>();
  becomes<Tags, Set<string>>();
  becomes<Pattern, RegExp>();
  becomes<Samples, Float32Array<ArrayBuffer>>();
  becomes<Day, Date>();
  becomes<Circle[], ClonedCircle[]>();
  becomes<readonly [Circle, 1], readonly [ClonedCircle, 1]>();
  becomes<Set<readonly Circle[]>, Set<readonly ClonedCircle[]>>();
  circle.inner?.inner?.radius satisfies number | undefined;
  circle.onChange satisfies undefined;
  circle.format satisfies null;
  // @ts-expect-error a method
  circle.area();
  // @ts-expect-error a symbol
  circle.key;
  // @ts-expect-error a promise
  circle.later;
  // @ts-expect-error a WeakSet
  circle.known;
  // @ts-expect-error a symbol as the key
  circle[Symbol.toStringTag];
  // @ts-expect-error a read-only property stays one
  circle.radius = 2;
  // @ts-expect-error not an instance
  circle satisfies Circle;
  failure satisfies Error;
  failure.line satisfies number;
  // @ts-expect-error a method of an error
  failure.show();
  names.map((name) => name.length) satisfies number[];
  names.title satisfies string;
  // @ts-expect-error a method of a subclass of Array
  names.print();
  // @ts-expect-error a method
  sharedValue(new Circle()).value.area();
  trie.get("a")?.get("b") satisfies Map<string, unknown> | undefined;
}

const circleTask = task("", function circle(radius: number) {
  return Object.assign(new Circle(), { radius });
});
const imported = task<typeof circleTask>("", "circle");
const circleOf = (_: number) => new Circle();

/** Results that cross threads are copies. */
export async function copied(runtime: LoomRuntime): Promise<void> {
  const bytes = move(new Uint8Array(8));
  (await spawnCompute(
    (bytes: Uint8Array) => move(bytes),
    bytes,
  )) satisfies Uint8Array;
  (await spawnCompute((bytes) => bytes.length, bytes)) satisfies number;
  // @ts-expect-error a method
  (await runtime.spawnCompute(circleOf, 1)).area();
  // @ts-expect-error a method
  (await spawnCompute(async (n: number) => await circleTask(n), 1)).area();
  // @ts-expect-error a method
  (await spawnCompute(imported, 1)).area();
  // @ts-expect-error a method
  (await runtime.computePool.spawn(circleOf, 1)).area();
  // @ts-expect-error a task may run on a worker
  (await runtime.spawnAsync(circleTask, 1)).area();
  // @ts-expect-error a task may run on a worker
  (await spawnAsync(imported, 1)).area();
  // @ts-expect-error a task may run on a worker
  (await runtime.asyncHandle.spawn(circleTask, 1)).area();
  // @ts-expect-error a method
  for await (const circle of computeMap([1], circleOf)) circle.area();
  const circles = new ReadableStream<number>().pipeThrough(
    runtime.computeTransform(circleOf),
  );
  // @ts-expect-error a method
  for await (const circle of circles) circle.area();
  await scopeCompute(async (s) => {
    // @ts-expect-error a method
    (await s.spawn(circleOf, 1)).area();
  });
  // @ts-expect-error a worker may have run it
  scope((s) => s.spawn(circleOf, 1)).value.area();
  // @ts-expect-error a worker may have run it
  join([circleOf, 1], [() => 1])[0].area();
  // @ts-expect-error a method
  (await joinAsync([() => 1], [circleOf, 1]))[1].area();
  // @ts-expect-error a function
  (await runtime.spawnCompute(() => () => 1))();
}

/** Items that leave a parallel loop are copies; within a part of it they are not. */
export async function loops(): Promise<void> {
  const circles = parRange(0, 10).map(circleOf);
  circles.filter((circle) => circle.area() > 1).forEach((c) => c.area());
  // @ts-expect-error a worker may have run it
  circles.toArray()[0].area();
  // @ts-expect-error a method
  (await circles.toArrayAsync())[0].area();
  // @ts-expect-error a worker may have run it
  circles.find((circle) => circle.area() > 1)?.area();
  // @ts-expect-error a worker may have run it
  circles.max()?.area();
  circles.reduce(new Circle(), (a, b) => a.radius > b.radius ? a : b);
  // @ts-expect-error one of the two may come from another part
  circles.reduce(new Circle(), (a, b) => a.area() > b.radius ? a : b);
  const first = () => new Circle();
  const add = (sum: Circle, circle: Circle) => sum.area() > 1 ? sum : circle;
  circles.fold(first, add, (a, b) => a.radius > b.radius ? a : b)?.radius;
  // @ts-expect-error the parts are copies
  circles.fold(first, add, (a, b) => a.area() > b.area() ? a : b);
  // @ts-expect-error the only part may be a copy
  circles.fold(first, add, (a) => a)?.area();
}

/** Results that stay on the thread are not copies, and data needs no other type. */
export async function plain(runtime: LoomRuntime): Promise<void> {
  circleTask(1).area() satisfies number;
  (await imported(1)).area() satisfies number;
  const factor = 2;
  (await runtime.spawnAsync(() => circleOf(factor))).area() satisfies number;
  (await runtime.spawnAsync((n) => circleOf(n), 1)).area() satisfies number;
  (await spawnAsync(async () => await circleTask(1))).area() satisfies number;
  (await runtime.asyncHandle.spawn(circleOf, 1)).area() satisfies number;
  runtime.install(() => circleOf(1)).area() satisfies number;
  (await scopeCompute(() => circleOf(1))).area() satisfies number;
  const mode: "a" | "b" = await runtime.spawnCompute(() => "a");
  const pair: [string, Point] = await spawnCompute(() => [mode, { x: 1 }]);
  const counts: Map<string, number> = await spawnCompute(() => new Map());
  const [one, text] = await Promise.all([
    spawnCompute(() => 1),
    spawnCompute(() => `${pair}${counts}`),
  ]);
  one satisfies number;
  text satisfies string;
  const lists: { list: number[] }[] = parRange(0, 9).map((n) => ({ list: [n] }))
    .toArray();
  parRange(0, 9).reduce(0, (a, b) => a + b) satisfies number;
  lists satisfies unknown;
}

/** A function is no task. */
export function tasks(): void {
  // @ts-expect-error not made by task()
  const wrong: Task<[number], Circle> = circleOf;
  const right: Task<[number], Circle> = circleTask;
  right satisfies (n: number) => Circle;
  wrong satisfies unknown;
}
