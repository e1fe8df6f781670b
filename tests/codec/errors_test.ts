import { deepStrictEqual, ok, strictEqual, throws } from "node:assert/strict";
import { registerError } from "../../lib/codec/error_classes.ts";
import { WorkerLostError } from "../../lib/errors.ts";
import { test } from "../support/test.ts";
import { createCodec } from "./round_trip.ts";

// structuredClone keeps less: V8 drops own properties and a subclass's name, JSC also drops
// the cause, and both turn AggregateError into Error. So these tests state what loom keeps
// instead of comparing with structuredClone.

const { roundTrip } = createCodec();

test("each built-in error class arrives as itself, with message, stack and cause", () => {
  const classes = [
    EvalError,
    RangeError,
    ReferenceError,
    SyntaxError,
    TypeError,
    URIError,
    Error,
  ];
  for (const constructor of classes) {
    const sent = new constructor("went wrong", { cause: { code: 7 } });
    const { stack } = sent;
    const clone = roundTrip(sent);
    strictEqual(Object.getPrototypeOf(clone), constructor.prototype);
    strictEqual(clone.message, "went wrong");
    strictEqual(clone.stack, stack);
    deepStrictEqual(clone.cause, { code: 7 });
    deepStrictEqual(Object.keys(clone), []);
  }
});

test("an error without message or cause gets neither", () => {
  const clone = roundTrip(new Error());
  ok(!Object.hasOwn(clone, "message"));
  ok(!Object.hasOwn(clone, "cause"));
  ok(Object.hasOwn(roundTrip(new Error("x", { cause: undefined })), "cause"));
});

test("own enumerable properties of an error arrive", () => {
  const sent = Object.assign(new TypeError("x"), {
    code: "E_X",
    list: [1, { deep: true }],
  });
  const clone = roundTrip(sent);
  deepStrictEqual({ ...clone }, { code: "E_X", list: [1, { deep: true }] });
});

test("an own property that cannot be cloned is left out of the error", () => {
  const before = { kept: true };
  const late = { inner: 1, bytes: 2, send: 3 }; // Named like `request`.
  const sent = Object.assign(new Error("request failed"), {
    before,
    request: { inner: {}, bytes: new Uint8Array(1000).fill(1), send: () => {} },
    after: [before, late, late, new Uint8Array(1000).fill(2)],
  });
  const clone = roundTrip(sent) as typeof sent;
  strictEqual(clone.message, "request failed");
  deepStrictEqual({ ...clone }, { before, after: sent.after });
  // Nothing of the request is left in the message: the object numbers are still right.
  strictEqual(clone.after[0], clone.before);
  strictEqual(clone.after[2], clone.after[1]);
});

test("a subclass becomes its nearest built-in class under its own name", () => {
  class ParseError extends SyntaxError {
    override readonly name = "ParseError";
    readonly line = 3;
  }
  const clone = roundTrip(new ParseError("bad"));
  strictEqual(Object.getPrototypeOf(clone), SyntaxError.prototype);
  strictEqual(clone.name, "ParseError");
  deepStrictEqual(Object.keys(clone), ["line"]);

  class Inherited extends Error {}
  Inherited.prototype.name = "InheritedName";
  strictEqual(roundTrip(new Inherited("x")).name, "InheritedName");
});

test("AggregateError keeps its errors", () => {
  const clone = roundTrip(
    new AggregateError([new RangeError("a"), "b"], "all failed"),
  );
  ok(clone instanceof AggregateError);
  strictEqual(clone.message, "all failed");
  strictEqual(clone.errors[0].message, "a");
  strictEqual(clone.errors[1], "b");
  deepStrictEqual(Object.keys(clone), []);
});

test("DOMException keeps name, code and message", () => {
  const clone = roundTrip(new DOMException("stopped", "AbortError"));
  ok(clone instanceof DOMException);
  strictEqual(clone.name, "AbortError");
  strictEqual(clone.message, "stopped");
  strictEqual(clone.code, 20);
});

test("an error that is its own cause arrives as a cycle", () => {
  const sent = new Error("loop");
  sent.cause = { sent };
  const clone = roundTrip(sent);
  strictEqual((clone.cause as { sent: unknown }).sent, clone);
});

test("errors without an engine's error inside arrive as errors", () => {
  function OldError(this: Error & { code: number }, message: string): void {
    this.message = message;
    this.code = 7;
  }
  OldError.prototype = Object.create(TypeError.prototype, {
    name: { value: "OldError" },
  });
  const made: Error = Reflect.construct(OldError, ["old style"]);
  for (const sent of [made, roundTrip(made)]) {
    const clone = roundTrip(sent);
    ok(clone instanceof TypeError);
    strictEqual(`${clone}`, "OldError: old style");
    deepStrictEqual({ ...clone }, { code: 7 });
  }
  const created = Object.assign(Object.create(Error.prototype), {
    message: "created",
    stack: "Error: created\n    at somewhere",
  });
  const clone = roundTrip(created);
  ok(clone instanceof Error);
  strictEqual(clone.message, "created");
  strictEqual(clone.stack, created.stack);
  // Only if the object is nothing else.
  ok(
    roundTrip(Object.setPrototypeOf(new Map(), Error.prototype)) instanceof Map,
  );
});

test("own data that is not enumerable arrives, and stays so", () => {
  const sent = Object.defineProperties(new Error("invalid"), {
    issues: { value: [{ path: ["a"] }] },
    format: { value: () => "not sent" },
    computed: { get: () => "not sent" },
  });
  const clone = roundTrip(sent) as Error & { issues: unknown };
  deepStrictEqual(clone.issues, [{ path: ["a"] }]);
  deepStrictEqual(Object.keys(clone), []);
  ok(!Object.hasOwn(clone, "format") && !Object.hasOwn(clone, "computed"));
  // What the engine itself adds is not sent.
  deepStrictEqual(
    Object.getOwnPropertyNames(roundTrip(new Error("plain"))).filter((key) =>
      !Object.getOwnPropertyNames(new Error("plain")).includes(key)
    ),
    [],
  );
});

class Registered extends RangeError {
  override name = "Registered";
  static constructed = 0;
  readonly line: number;
  constructor(message: string, line: number) {
    super(message);
    this.line = line;
    Registered.constructed++;
  }
  get place(): string {
    return `line ${this.line}`;
  }
}
registerError(Registered);

test("an error of a registered class arrives as an instance; no constructor runs", () => {
  const sent = new Registered("bad", 3);
  const { constructed } = Registered;
  const clone = roundTrip({ sent, again: sent });
  strictEqual(clone.sent, clone.again);
  strictEqual(Object.getPrototypeOf(clone.sent), Registered.prototype);
  strictEqual(clone.sent.place, "line 3");
  strictEqual(clone.sent.name, "Registered");
  strictEqual(clone.sent.message, "bad");
  strictEqual(clone.sent.stack, sent.stack);
  strictEqual(Registered.constructed, constructed);
  // Its subclasses arrive as the nearest class that is known.
  class Sub extends Registered {}
  const sub = roundTrip(new Sub("sub", 4));
  strictEqual(Object.getPrototypeOf(sub), Registered.prototype);
});

test("registerError() accepts a class again, and a name of its own", () => {
  registerError(Registered);
  const nameless = (() => class extends Error {})();
  registerError(nameless, { name: "tests/nameless" });
  ok(roundTrip(new nameless("x")) instanceof nameless);
});

test("registerError() says what is wrong", () => {
  const wrong = (value: unknown, name?: string) => () =>
    registerError(value as typeof Error, name === undefined ? {} : { name });
  const nameless = (() => class extends Error {})();
  throws(wrong(class Plain {}), /Plain does not extend Error/);
  throws(wrong(undefined), /undefined does not extend Error/);
  throws(wrong(nameless), /it has no name; pass \{ name \}$/);
  throws(wrong(RangeError), /RangeError: its errors arrive as themselves/);
  throws(wrong(WorkerLostError), /WorkerLostError: its errors arrive as/);
  throws(wrong(nameless, "Registered"), /another class is registered/);
  throws(wrong(Registered, "other"), /it is registered as Registered/);
});

test("two copies of the library share the registered classes", async () => {
  // A variable, so that the type checker does not look for the module.
  const copy = "../../lib/codec/error_classes.ts?copy";
  const other: { registerError: typeof registerError } = await import(copy);
  ok(other.registerError !== registerError);
  class OfTheCopy extends Error {}
  other.registerError(OfTheCopy);
  ok(roundTrip(new OfTheCopy("x")) instanceof OfTheCopy);
});
