import assert from "node:assert/strict";
import { join } from "node:path";
import {
  CapturedVariableError,
  InvalidTaskError,
  type LoomRuntime,
  parRange,
  spawnCompute,
} from "../../mod.ts";
import { explainCapture } from "../../lib/tasks/capture_messages.ts";
import { refuseCaptures } from "../../lib/tasks/captures.ts";
import { runtimeOfFile } from "../support/file_runtime.ts";
import { test } from "../support/test.ts";

const sharedRuntime = runtimeOfFile();

/** Never called. Typed as `any`, so that a test may use it in any way. */
// deno-lint-ignore no-explicit-any -- a captured variable of any type
type Anything = any;

async function refusalOf(
  runtime: LoomRuntime,
  fn: (...args: never[]) => unknown,
): Promise<CapturedVariableError> {
  const error = await runtime.spawnCompute(fn).then(
    (value) => assert.fail(`resolved with ${value}`),
    (error) => error,
  );
  assert.ok(error instanceof CapturedVariableError, String(error));
  assert.match(error.message, /^Cannot (run function|call \w+)\b.*: /);
  return error;
}

test("A captured variable with the name of a global is an error", async () => {
  await using runtime = await sharedRuntime(1);
  const [name, location, close, event, status, origin, self] = [] as Anything[];
  const functions: Record<string, () => unknown> = {
    name: () => `hello ${name}`,
    location: () => location.x,
    close: () => close(1),
    event: () => [event],
    status: () => status === 200,
    origin: () => ({ origin }),
    self: () => self,
  };
  for (const [variable, fn] of Object.entries(functions)) {
    const error = await refusalOf(runtime, fn);
    assert.equal(error.variable, variable);
    assert.match(error.message, new RegExp(`, ${variable}\\) => …`));
  }
  const { message } = await refusalOf(runtime, () => name);
  assert.match(
    message,
    /if the global of the worker is meant, write globalThis\.name/,
  );
  // The advice works.
  assert.equal(
    await runtime.spawnCompute((name: string) => name, "own"),
    "own",
  );
  assert.equal(
    await runtime.spawnCompute(() => typeof globalThis.escape),
    "function",
  );
});

test("A captured variable with the name of a function of loom is an error", async () => {
  await using runtime = await sharedRuntime(1);
  const shared = 5;
  const task = { id: 1 };
  const scope = "all";
  const value = await refusalOf(runtime, () => shared > 3 ? "large" : "small");
  assert.equal(value.variable, "shared");
  assert.match(value.message, /shared\(…\) is the function of loom/);
  assert.equal((await refusalOf(runtime, () => task.id)).variable, "task");
  assert.equal((await refusalOf(runtime, () => [scope])).variable, "scope");
  // The join of node:path, called with a text or with a variable.
  const text = await refusalOf(runtime, () => join("/a", "b"));
  assert.equal(text.variable, "join");
  const called = await runtime.spawnCompute(
    (folder: string) => join(folder),
    "/a",
  )
    .catch((error) => error);
  assert.ok(called instanceof CapturedVariableError);
  assert.match(
    called.message,
    /Cannot call join: .* it is the function of loom, .* got string\..*module task/,
  );
});

test("A captured variable is an error where reading it would not throw, or is caught", async () => {
  await using runtime = await sharedRuntime(1);
  const captured = 1;
  let total = 0;
  const functions: (() => unknown)[] = [
    () => typeof captured,
    () => {
      try {
        return captured + 1;
      } catch {
        return "swallowed";
      }
    },
    () => Math.random() > 2 ? captured : 0,
    (n = captured) => n,
    () => (() => captured)(),
  ];
  for (const fn of functions) {
    const { variable, message } = await refusalOf(runtime, fn);
    assert.equal(variable, "captured");
    assert.match(
      message,
      /Pass it as an argument: spawnCompute\(\(…, captured\)/,
    );
  }
  const { message } = await refusalOf(runtime, () => {
    total += 1;
  });
  assert.match(
    message,
    /A value assigned to total would stay on the worker: return it/,
  );
  assert.equal(total, 0);
});

test("A parallel loop and a nested call refuse captured variables before they run", async () => {
  await using runtime = await sharedRuntime(1);
  const name: string = "a";
  for (const form of ["awaited", "blocking"]) {
    const loop = parRange(0, 10).map((i) => i + name.length);
    const outcome = form === "awaited"
      ? loop.sumAsync()
      : (async () => await runtime.install(() => loop.sum()))();
    await assert.rejects(outcome, (error) => {
      assert.ok(error instanceof CapturedVariableError);
      assert.match(error.message, /map\(\(…, name\) => …, name\)/);
      return true;
    });
  }
  const nested = runtime.spawnCompute(async (n: number) => {
    try {
      return await spawnCompute(() => typeof n);
    } catch (error) {
      return (error as Error).message;
    }
  }, 1);
  assert.match(await nested, /it uses n of its enclosing scope/);
});

test("Capturing the runtime advises currentRuntime()", async () => {
  await using runtime = await sharedRuntime(1);
  const functions: (() => unknown)[] = [
    () => runtime.spawnCompute(() => 1),
    () => runtime.install(() => 1),
    () => runtime.computePool.spawn(() => 1),
  ];
  for (const fn of functions) {
    const { message, variable } = await refusalOf(runtime, fn);
    assert.equal(variable, "runtime");
    assert.match(message, /call currentRuntime\(\) instead/);
  }
});

test("Keywords of the enclosing scope are errors that name them", async () => {
  await using runtime = await sharedRuntime(1);
  class Base {
    greet() {
      return "base";
    }
  }
  class Derived extends Base {
    #secret = 1;
    arrow = () => this.greet();
    lexical() {
      const fn = () => this;
      return fn;
    }
    above() {
      return super.greet();
    }
    hidden() {
      return (other: Derived) => #secret in other && other.#secret;
    }
  }
  const object = new Derived();
  function outer(..._args: unknown[]) {
    return () => arguments[0];
  }
  const functions: Record<string, () => unknown> = {
    this: object.arrow,
    super: object.above,
    "#secret": object.hidden() as () => unknown,
    arguments: outer(1),
    "import.meta": () => import.meta.url,
  };
  for (const [keyword, fn] of Object.entries(functions)) {
    const { variable, message } = await refusalOf(runtime, fn);
    assert.equal(variable, keyword);
    assert.ok(message.includes(`it uses ${keyword}`), message);
  }
  assert.equal((await refusalOf(runtime, object.lexical())).variable, "this");
});

test("Helpers of compilers and coverage counters are errors that say so", () => {
  const helpers = [
    "_ts_decorate",
    "__decorate",
    "__publicField",
    "cov_1x2y",
  ];
  for (const helper of helpers) {
    assert.throws(
      () =>
        refuseCaptures(`(() => { ${helper}(1); return 2; }\n)`, "spawnCompute"),
      (error) => {
        assert.ok(error instanceof CapturedVariableError);
        assert.equal(error.variable, helper);
        assert.match(error.message, /a compiler or a coverage tool has added/);
        return true;
      },
    );
  }
});

test("A function may call the helper with which esbuild keeps names", async () => {
  await using runtime = await sharedRuntime(1);
  const named = new Function(
    'const double = __name((n) => n * 2, "double"); return [double(21), double.name];',
  );
  const result = await runtime.spawnCompute(named as () => unknown);
  assert.deepEqual(result, [42, "double"]);
});

test("import() of a specifier that depends on the file is an error that shows how to mend it", async () => {
  await using runtime = await sharedRuntime(1);
  for (const specifier of ["./text.ts", "../text.ts", "yaml"]) {
    const fn = new Function(`return import(${JSON.stringify(specifier)})`);
    await assert.rejects(
      runtime.spawnCompute(fn as () => unknown),
      (error) => {
        assert.ok(error instanceof InvalidTaskError);
        assert.ok(
          error.message.includes(`import.meta.resolve("${specifier}")`),
        );
        return true;
      },
    );
  }
  // The advice works, and so do addresses.
  const shout = await runtime.spawnCompute(
    async (url: string) => (await import(url)).shout("weft"),
    import.meta.resolve("../fixtures/tasks/text.ts"),
  );
  assert.equal(shout, "WEFT");
  const isFunction = await runtime.spawnCompute(async () =>
    typeof (await import("node:os")).cpus
  );
  assert.equal(isFunction, "function");
});

test("Globals, and names tested with typeof, are no captured variables", async () => {
  await using runtime = await sharedRuntime(1);
  const result = await runtime.spawnCompute(() =>
    [
      typeof Deno === "object" && Deno.pid,
      Math.max(...new Set([1, 2])),
      new URL("http://a.b").host + crypto.randomUUID(),
      Buffer.from("a").length + process.argv0.length,
    ].length
  );
  assert.equal(result, 4);
  const tested = new Function(
    'return typeof window === "object" ? window.name : typeof self',
  );
  assert.equal(
    typeof await runtime.spawnCompute(tested as () => string),
    "string",
  );
});

test("A function that calls eval is checked when it runs", async () => {
  await using runtime = await sharedRuntime(1);
  const captured = 1;
  const fn = new Function("n", "return eval('n + 1')");
  assert.equal(await runtime.spawnCompute(fn as (n: number) => number, 1), 2);
  const error = await refusalOf(
    runtime,
    new Function("return eval('1') + captured") as () => number,
  );
  assert.equal(error.variable, "captured");
  assert.equal(captured, 1);
});

test("A ReferenceError with any text arrives as it is", async () => {
  await using runtime = await sharedRuntime(1);
  const fn = () => {
    throw new ReferenceError("f(x is not defined");
  };
  const expected = { name: "ReferenceError", message: "f(x is not defined" };
  await assert.rejects(runtime.spawnCompute(fn), expected);
  await assert.rejects(parRange(0, 100).map(fn).sumAsync(), expected);
  const error = new ReferenceError("f(x is not defined");
  assert.equal(explainCapture(error, "(() => f(x)\n)", "map"), error);
});

test("A getter can be sent as a function", async () => {
  await using runtime = await sharedRuntime(1);
  const object = {
    get answer() {
      return 42;
    },
    get() {
      return 1;
    },
  };
  const { get } = Object.getOwnPropertyDescriptor(object, "answer")!;
  assert.equal(await runtime.spawnCompute(get!), 42);
  assert.equal(await runtime.spawnCompute(object.get), 1);
});
