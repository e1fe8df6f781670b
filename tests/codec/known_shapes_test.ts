import { deepStrictEqual, ok, strictEqual } from "node:assert/strict";
import { toBytes } from "../../lib/codec/encoder.ts";
import { test } from "../support/test.ts";
import {
  createCodec,
  createMemoryTable,
  createShapeStore,
} from "./round_trip.ts";

const person = () => ({
  id: 42,
  name: "loom",
  tags: ["fast", "shared"],
  at: { x: 1.5, y: -2.5, visible: true },
});

/** Sends a value with getters that change it, after its shape has become known. */
function sendChanging<T extends object>(make: (isLast: boolean) => T) {
  const { roundTrip, roundTripKnown } = createCodec();
  roundTripKnown(() => make(false));
  return roundTrip(make(true));
}

test("a message contains the number of a frequent shape in place of its names", () => {
  const store = createShapeStore();
  const { encoder, memory, roundTripKnown } = createCodec(undefined, store);
  const first = toBytes(encoder.encode(person(), "value", memory));
  deepStrictEqual(roundTripKnown(person), person());
  const later = toBytes(encoder.encode(person(), "value", memory));
  ok(later.length < first.length - 16, `${first.length} => ${later.length}`);
  deepStrictEqual(store.texts, [
    '["id","name","tags","at"]',
    '["x","y","visible"]',
  ]);
});

test("another thread's decoder finds a shape by its number", () => {
  const store = createShapeStore();
  const memory = createMemoryTable();
  const one = createCodec(memory, store);
  one.roundTripKnown(person);
  const bytes = toBytes(one.encoder.encode(person(), "value", memory));
  const other = createCodec(memory, store);
  for (let i = 0; i < 20; i++) {
    deepStrictEqual(
      other.decoder.decode(bytes, 0, bytes.length, memory),
      person(),
    );
  }
});

test("objects of a known shape keep cycles and shared references", () => {
  const { roundTripKnown } = createCodec();
  const shared = { n: 1 };
  const clone = roundTripKnown(() => {
    const parent = { child: {} as Record<string, unknown>, shared };
    parent.child = { parent, shared, list: [parent] };
    return parent;
  });
  ok(clone.child.parent === clone);
  ok((clone.child.list as unknown[])[0] === clone);
  ok(clone.child.shared === clone.shared);
});

test("a shape may have any names", () => {
  const { roundTripKnown } = createCodec();
  const json =
    '{"z":0,"10":1,"__proto__":{"admin":true},"toString":2,"":3,"\\ud800":4,"a b":5}';
  const clone = roundTripKnown(() => JSON.parse(json));
  strictEqual(Object.getPrototypeOf(clone), Object.prototype);
  strictEqual(clone.admin, undefined);
  strictEqual(JSON.stringify(clone), JSON.stringify(JSON.parse(json)));
});

test("setters on Object.prototype do not see values of a known shape", () => {
  const { roundTripKnown } = createCodec();
  const make = () => JSON.parse('{"trap":1,"other":2}');
  roundTripKnown(make);
  Object.defineProperty(Object.prototype, "trap", {
    set: () => {
      throw new Error("the setter ran");
    },
    configurable: true,
  });
  try {
    deepStrictEqual(
      Object.entries(roundTripKnown(make)),
      Object.entries(make()),
    );
  } finally {
    Reflect.deleteProperty(Object.prototype, "trap");
  }
});

test("enumerable properties of Object.prototype are not sent", () => {
  const { roundTripKnown } = createCodec();
  roundTripKnown(() => ({ own: 1, inherited: 2 }));
  Object.assign(Object.prototype, { inherited: 3 });
  try {
    deepStrictEqual(Object.keys(roundTripKnown(() => ({ own: 1 }))), ["own"]);
  } finally {
    Reflect.deleteProperty(Object.prototype, "inherited");
  }
});

test("a getter that deletes a later property of a known shape removes it", () => {
  const clone = sendChanging((isLast) => ({
    get first() {
      if (isLast) {
        Reflect.deleteProperty(this, "second");
        Reflect.deleteProperty(this, "last");
      }
      return 1;
    },
    second: 2 as number | undefined,
    third: undefined,
    last: 4,
  }));
  deepStrictEqual(Object.entries(clone), [["first", 1], ["third", undefined]]);
});

test("a getter that hides or adds a property of a known shape changes nothing", () => {
  const clone = sendChanging((isLast) => ({
    get first() {
      if (isLast) {
        Object.defineProperty(this, "second", { enumerable: false });
        Object.assign(this, { added: 5 });
      }
      return 1;
    },
    second: 2,
    third: 3,
  }));
  deepStrictEqual(
    Object.entries(clone),
    Object.entries({ first: 1, second: 2, third: 3 }),
  );
});

test("the path to a value that cannot be sent leads through known shapes", () => {
  const { roundTrip, roundTripKnown } = createCodec();
  const make = (leaf: unknown) => ({ id: 1, at: { x: 1, y: leaf } });
  roundTripKnown(() => make(2));
  let message = "";
  try {
    roundTrip(make(() => {}));
  } catch (error) {
    ({ message } = error as Error);
  }
  ok(
    message.startsWith("Cannot send argument 1: argument 1.at.y is a function"),
    message,
  );
  deepStrictEqual(roundTrip(make(3)), make(3));
});

test("shapes without a number are sent with their names", () => {
  const store = createShapeStore(1);
  const { roundTripKnown } = createCodec(undefined, store);
  const table = () =>
    Object.fromEntries(Array.from({ length: 40 }, (_, i) => [`key ${i}`, i]));
  const long = () => ({ ["x".repeat(2000)]: 1 });
  for (const make of [table, long]) {
    deepStrictEqual(roundTripKnown(make), make());
    strictEqual(store.texts.length, 0);
  }
  deepStrictEqual(roundTripKnown(() => ({ a: 1 })), { a: 1 });
  deepStrictEqual(roundTripKnown(() => ({ b: 2 })), { b: 2 });
  deepStrictEqual(roundTripKnown(() => ({ a: 1 })), { a: 1 });
  deepStrictEqual(store.texts, ['["a"]']);
});

test("many rare shapes do not keep frequent ones from getting a number", () => {
  const store = createShapeStore();
  const { roundTrip, roundTripKnown } = createCodec(undefined, store);
  roundTripKnown(() => ({ a: 1, b: 2 }));
  for (let i = 0; i < 10_000; i++) roundTrip({ [`rare ${i}`]: i });
  deepStrictEqual(roundTripKnown(() => ({ a: 1, c: 3 })), { a: 1, c: 3 });
  deepStrictEqual(store.texts, ['["a","b"]', '["a","c"]']);
  roundTripKnown(() => ({ a: 1, b: 2 }));
  strictEqual(store.texts.length, 2);
});

test("objects with another prototype are sent without their class", () => {
  class Point {
    x = 1;
    y = 2;
  }
  const { roundTripKnown } = createCodec();
  roundTripKnown(() => ({ x: 1, y: 2 }));
  for (
    const make of [
      () => new Point(),
      () => Object.assign(Object.create(null), new Point()),
    ]
  ) {
    const clone = roundTripKnown(make);
    strictEqual(Object.getPrototypeOf(clone), Object.prototype);
    deepStrictEqual(clone, { x: 1, y: 2 });
  }
});
