import assert from "node:assert/strict";
import { Buffer } from "node:buffer";
import { CapturedVariableError, LoomError } from "../../mod.ts";
import { echo, query, QueryError } from "../fixtures/tasks/odd_values.ts";
import { runtimeOfFile } from "../support/file_runtime.ts";
import { test } from "../support/test.ts";

const sharedRuntime = runtimeOfFile();

test("What a task throws arrives with class, message, cause and own properties", async () => {
  await using runtime = await sharedRuntime(1);
  const error = await reasonOf(runtime.spawnCompute(() => {
    const cause = new RangeError("inner", { cause: { code: 7 } });
    const error = new TypeError("outer", { cause });
    throw Object.assign(error, { code: "E_OUTER", detail: [1, new Map()] });
  }));
  assert.ok(error instanceof TypeError);
  assert.equal(error.message, "outer");
  assert.deepEqual({ ...error }, { code: "E_OUTER", detail: [1, new Map()] });
  assert.ok(error.cause instanceof RangeError);
  assert.equal(error.cause.message, "inner");
  assert.deepEqual(error.cause.cause, { code: 7 });
});

test("An error of a registered class arrives as an instance, both ways", async () => {
  await using runtime = await sharedRuntime(1);
  const error = await reasonOf(runtime.spawnCompute(query, 7));
  assert.ok(error instanceof QueryError);
  assert.equal(error.place, "line 7");
  const answer = await runtime.spawnCompute(
    echo,
    new QueryError("sent", 9),
    new URL("http://example.org/"),
    Buffer.from("f00d", "hex"),
  );
  assert.equal(answer.place, "line 9");
  assert.equal(answer.host, "example.org");
  assert.equal(answer.hex, "f00d");
  assert.ok(answer.url instanceof URL);
  assert.ok(Buffer.isBuffer(answer.bytes));
});

test("The rejection of an asynchronous task arrives like a thrown error", async () => {
  await using runtime = await sharedRuntime(1);
  const error = await reasonOf(runtime.spawnCompute(async () => {
    await Promise.resolve();
    class Late extends SyntaxError {
      override name = "Late";
    }
    throw new Late("too late");
  }));
  assert.ok(error instanceof SyntaxError);
  assert.equal(error.name, "Late");
  assert.equal(error.message, "too late");
});

test("An AggregateError arrives with its errors", async () => {
  await using runtime = await sharedRuntime(1);
  const error = await reasonOf(
    runtime.spawnCompute(() =>
      Promise.any([
        Promise.reject(new TypeError("one")),
        Promise.reject("two"),
      ])
    ),
  );
  assert.ok(error instanceof AggregateError);
  assert.ok(error.errors[0] instanceof TypeError);
  assert.equal(error.errors[0].message, "one");
  assert.equal(error.errors[1], "two");
});

test("A thrown value that is not an error arrives unchanged", async () => {
  await using runtime = await sharedRuntime(1);
  const thrown = ["text", 7, undefined, null, false, { code: 1 }, [1n]];
  for (const value of thrown) {
    const rethrow = (value: unknown) => {
      throw value;
    };
    const rejected = runtime.spawnCompute(rethrow, value);
    assert.deepEqual(await reasonOf(rejected), value);
  }
});

test("The stack shows the worker's frames, then the caller's", async () => {
  await using runtime = await sharedRuntime(1);
  async function callFromHere() {
    return await runtime.spawnCompute(function failDeepInside() {
      function innermost() {
        throw new Error("with a stack");
      }
      // Not returned: JavaScriptCore drops the frame of a call in return position.
      innermost();
    });
  }
  // Also if the same task has failed before.
  for (let i = 0; i < 3; i++) {
    const { stack } = await reasonOf(callFromHere()) as Error;
    assert.ok(stack);
    const [worker, caller] = stack.split("--- called from ---");
    assert.match(worker, /innermost/);
    assert.match(worker, /failDeepInside/);
    assert.ok(caller, `no caller in ${stack}`);
    assert.match(caller, /callFromHere/);
    assert.match(caller, /errors_test\.ts/);
    assert.doesNotMatch(stack, /lib\/(bridge|worker|runtime)/);
  }
});

test("The error of a captured variable names it and shows how to pass it", async () => {
  await using runtime = await sharedRuntime(1);
  const factor = 3;
  let total = 0;
  const captures: [string, () => unknown][] = [
    ["factor", () => 2 * factor],
    ["total", () => {
      total = 5;
    }],
    ["factor", async () => {
      await Promise.resolve();
      return factor;
    }],
    ["reasonOf", () => reasonOf(Promise.resolve())],
  ];
  for (const [variable, fn] of captures) {
    const error = await reasonOf(runtime.spawnCompute(fn));
    assert.ok(error instanceof Error);
    assert.equal(error.name, "CapturedVariableError");
    assert.match(
      error.message,
      new RegExp(`it uses ${variable} of its enclosing`),
    );
    assert.match(error.message, /Pass it as an argument: spawnCompute\(/);
    assert.match(error.message, /task\(import\.meta\.url, function/);
    assert.equal((error as CapturedVariableError).variable, variable);
  }
  assert.equal(total, 0);
});

test("An error class of loom is kept when it comes from a worker", async () => {
  await using runtime = await sharedRuntime(1);
  const captured = 1;
  const error = await reasonOf(runtime.spawnCompute(() => captured));
  assert.ok(error instanceof CapturedVariableError);
  assert.ok(error instanceof LoomError);
});

test("A ReferenceError that the task makes itself is not changed", async () => {
  await using runtime = await sharedRuntime(1);
  const error = await reasonOf(runtime.spawnCompute(() => {
    throw new ReferenceError("the file is not defined");
  }));
  assert.ok(error instanceof ReferenceError);
  assert.equal(error.message, "the file is not defined");
});

test("An error arrives even if a property or its cause cannot be cloned", async () => {
  await using runtime = await sharedRuntime(1);
  const withFunction = await reasonOf(runtime.spawnCompute(() => {
    const error = new RangeError("cannot retry");
    throw Object.assign(error, { code: 1, retry: () => {} });
  }));
  assert.ok(withFunction instanceof RangeError);
  assert.equal(withFunction.message, "cannot retry");
  assert.deepEqual({ ...withFunction }, { code: 1 });

  const withCause = await reasonOf(runtime.spawnCompute(() => {
    throw new RangeError("odd cause", { cause: () => {} });
  }));
  assert.ok(withCause instanceof Error);
  assert.equal(withCause.name, "RangeError");
  assert.equal(withCause.message, "odd cause");
});

test("A thrown value that cannot be cloned is a DataCloneError", async () => {
  await using runtime = await sharedRuntime(1);
  const error = await reasonOf(runtime.spawnCompute(() => {
    throw { go: () => {} };
  }));
  assert.ok(error instanceof DOMException);
  assert.equal(error.name, "DataCloneError");
  assert.match(error.message, /error\.go/);
});

/** What the promise rejects with. */
async function reasonOf(promise: Promise<unknown>): Promise<unknown> {
  const [result] = await Promise.allSettled([promise]);
  if (result.status === "rejected") return result.reason;
  assert.fail(`resolved with ${result.value}`);
}
