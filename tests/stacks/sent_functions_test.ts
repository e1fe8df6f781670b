import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import {
  join,
  type LoomRuntime,
  parIter,
  scope,
  scopeCompute,
  spawnCompute,
} from "../../mod.ts";
import { failInAnotherFile } from "../fixtures/tasks/written.ts";
import { runtimeOfFile } from "../support/file_runtime.ts";
import { HERE, runProgram } from "../support/program.ts";
import { ROOT } from "../support/runtimes.ts";
import { test } from "../support/test.ts";

const sharedRuntime = runtimeOfFile();
const OTHER_FILE = new URL("../fixtures/tasks/written.ts", import.meta.url);

type Failing = (runtime: LoomRuntime) => unknown;

// The comment behind each statement that throws says which place a stack must name first.
const CASES: readonly (readonly [string, Failing])[] = [
  [
    "inner function",
    (runtime) =>
      runtime.spawnCompute((order: { price: number }): void => {
        const check = (value: number) => {
          throw new Error(`no ${value}`); // at inner function
        };

        check(order.price as number);
      }, { price: 3 }),
  ],
  ["await", (runtime) =>
    runtime.spawnCompute(async (ms: number) => {
      await new Promise<void>((resolve) => setTimeout(resolve, ms));
      throw new Error("late"); // at await
    }, 0)],
  ["method", (runtime) =>
    runtime.spawnCompute(
      {
        async run(n: number): Promise<number> {
          await Promise.resolve();
          throw new Error(`in a method ${n}`); // at method
        },
      }.run,
      1,
    )],
  [
    "view",
    (runtime) =>
      runtime.with({ timeoutMs: 60_000 }).spawnCompute((n: number) => {
        throw new Error(`in a view ${n}`); // at view
      }, 1),
  ],
  [
    "progress",
    (runtime) =>
      runtime.with({ onProgress() {} }).spawnCompute((n: number) => {
        throw new Error(`reports ${n}`); // at progress
      }, 1),
  ],
  [
    "another file",
    (runtime) =>
      runtime.spawnCompute(failInAnotherFile<{ price: number }>, { price: 3 }),
  ],
  ["nested call", (runtime) =>
    runtime.spawnCompute(async (outer: number) => {
      await spawnCompute((inner: number) => {
        throw new Error(`in a nested call ${inner}`); // at nested call
      }, outer);
    }, 1)],
  ["map", async (runtime) => {
    const items = runtime.computeMap([1, 2, 3], (n: number): number => {
      if (n === 2) throw new Error("in a map"); // at map
      return n;
    });
    for await (const item of items) void item;
  }],
  ["stream", async (runtime) => {
    const items = runtime.computeStream(function* (n: number) {
      yield n;
      throw new Error("in a stream"); // at stream
    }, 1);
    for await (const item of items) void item;
  }],
  [
    "stage",
    (runtime) =>
      runtime.install(() =>
        parIter(new Float64Array(1000)).map((x: number) => x + 1).map((x) => {
          if (x > 0) throw new Error("in a stage"); // at stage
          return x;
        }).sum()
      ),
  ],
  [
    "stage of workers",
    (runtime) =>
      runtime.install(() =>
        parIter(new Float64Array(1000)).filter((x: number): boolean => {
          throw new Error(`in a stage of workers ${x}`); // at stage of workers
        }).countAsync()
      ),
  ],
  ["scope", (runtime) =>
    runtime.install(() =>
      scope((s) => {
        s.spawn((n: number): void => {
          throw new Error(`in a scope ${n}`); // at scope
        }, 1);
      })
    )],
  [
    "scope of workers",
    (runtime) =>
      runtime.install(() =>
        scopeCompute(async (s) => {
          s.spawn((n: number): void => {
            throw new Error(`in a scope of workers ${n}`); // at scope of workers
          }, 1);
          await Promise.resolve();
        })
      ),
  ],
  ["join", (runtime) =>
    runtime.install(() =>
      join([(n: number): number => {
        throw new Error(`in a join ${n}`); // at join
      }, 1], [(n: number) => n, 2])
    )],
];

for (const [name, fail] of CASES) {
  test(`A stack names where the function was written: ${name}`, async () => {
    await using runtime = await sharedRuntime(1);
    async function callFromHere() {
      // Not returned: JavaScriptCore drops the frame of a call in return position.
      await fail(runtime);
    }
    const { stack } = await thrownBy(callFromHere);
    assert.ok(stack !== undefined);
    const worker = stack.split("--- called from ---")[0];
    assert.equal(firstPlace(worker), placeOf(name), stack);
    assert.doesNotMatch(stack, /loom-task|lib\/(bridge|worker|stacks)/);
    // Whoever made the call, or in a parallel operation the function around it.
    assert.match(stack, /called from ---\n[^]*sent_functions_test\.ts/);
  });
}

test("A stack names where the function of a cause and of a collected error was written", async () => {
  await using runtime = await sharedRuntime(1);
  const error = await thrownBy(() =>
    runtime.spawnCompute(async (n: number) => {
      const one = async () => {
        await Promise.resolve();
        throw new Error(`one of ${n}`); // at collected
      };
      try {
        await Promise.any([one()]);
      } catch (cause) {
        throw new Error("all", { cause });
      }
    }, 2)
  );
  const { errors } = error.cause as AggregateError;
  const { stack } = errors[0] as Error;
  assert.ok(stack !== undefined);
  assert.equal(firstPlace(stack), placeOf("collected"), stack);
  assert.doesNotMatch(stack, /called from/);
});

test("A stack says from where it was sent if the same function was written twice", async () => {
  await using runtime = await sharedRuntime(1);
  const twins = [
    (n: number) => {
      throw new Error(`twin ${n}`);
    },
    (n: number) => {
      throw new Error(`twin ${n}`);
    },
  ];
  const { stack } = await thrownBy(async () => {
    await runtime.spawnCompute(twins[0], 1);
  });
  assert.match(
    stack!,
    /\(line 2 of the function sent at \S+sent_functions_test\.ts:\d+:\d+\)/,
  );
});

// Bun has no permissions.
if (HERE === "Deno") {
  test("A stack says from where the function was sent if its file may not be read", async () => {
    const { stdout, stderr } = await runProgram("prints_a_stack.ts", [], {
      permissions: [
        `--allow-read=${ROOT}/lib,${ROOT}/ffi,${ROOT}/node_modules`,
        "--allow-ffi",
      ],
    });
    assert.match(
      stdout,
      /at \(line 2 of the function sent at \S+prints_a_stack\.ts:12:17\)/,
      stderr,
    );
  });
}

async function thrownBy(fn: () => unknown): Promise<Error> {
  try {
    await fn();
  } catch (error) {
    assert.ok(error instanceof Error, String(error));
    return error;
  }
  assert.fail("nothing was thrown");
}

/** File and position of the first frame. */
function firstPlace(stack: string): string | undefined {
  const found = /\n\s+at .*?((?:file:\/\/)?\/[^()\n]*:\d+:\d+)\)?(?:\n|$)/;
  return found.exec(stack)?.[1];
}

/** The place of the error that is created in the line with this comment. */
function placeOf(name: string): string {
  const url = name === "another file" ? OTHER_FILE : new URL(import.meta.url);
  const lines = readFileSync(url, "utf8").split("\n");
  const line = lines.findIndex((text) => text.endsWith(` // at ${name}`));
  const isBun = HERE === "Bun";
  // As in stacks of the file's own code.
  const created = lines[line].indexOf("new ") + (isBun ? "new ".length : 0);
  const file = isBun ? fileURLToPath(url) : url.href;
  return `${file}:${line + 1}:${created + 1}`;
}
