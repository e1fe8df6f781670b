import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { runtimeOfFile } from "../support/file_runtime.ts";
import { test } from "../support/test.ts";

const sharedRuntime = runtimeOfFile();

type Row = { id: number; tags?: readonly string[] };

// What compilers change: types, comments, layout, and on Bun constants and `new Error`. The
// comment says which line must throw.
const FUNCTIONS: Readonly<Record<string, (n: number) => unknown>> = {
  "literals": (n: number) => {
    const re = /["'`\/]{2,}\/\/[/"]/g; // throw new Error("fake") here
    const text: string = `x ${
      [1, 2].map((v: number) => `<${v as number}>`).join("//")
    } y`;
    /* throw new Error(text) */
    if (re.test(text)) return 0;
    throw new Error( // at literals
      "message one " +
        "that is long " + text + n,
    );
  },
  "a class": (n: number) => {
    class Point<T extends number> {
      readonly #x: T;
      private y?: number;
      constructor(x: T) {
        this.#x = x;
      }
      get norm(): number {
        if (this.#x > 0) throw new TypeError(`norm ${this.y ?? "none"}`); // at a class
        return 1;
      }
    }
    const p = new Point(n as 1);
    return (p!.norm satisfies number);
  },
  "narrowing": (n: number) => {
    const rows: Row[] = [{ id: n }];
    const found = rows.find((r): r is Row => r.id === n)!;
    const deep = { a: { b: null as null | { c: number } } };
    let total = 0;
    for (const { id, tags = [] } of rows) total += id + tags.length;
    switch (total) {
      case 1:
        return found.tags![0]!.length; // at narrowing
      default:
        return deep.a.b!.c;
    }
  },
  "generics": async (n: number): Promise<void> => {
    const inner = async <T>(value: T, ...rest: readonly T[]): Promise<T> => {
      await Promise.resolve();
      if (rest.length === 0) {
        throw Object.assign(new Error("d"), { value }); // at generics
      }
      return value;
    };
    await inner<number>(n);
  },
  "a generator": function named(n: number): never {
    function* gen(limit: number): Generator<number, void, unknown> {
      for (let i = 0; i < limit; i++) yield i;
      throw new RangeError(undefined === void 0 ? "gen" : "never"); // at a generator
    }
    for (const _ of gen(2_000 + n)) void _;
    throw 1;
  },
  "a cause": (
    n: number,
    { x = 1, y = { z: 2 } }: { x?: number; y?: { z: number } } = {},
  ) => {
    try {
      JSON.parse("{" + n + x + y.z);
    } catch (cause) {
      const why = typeof cause === "object" ? "object" : "other";
      throw new Error("f" + "g" + why, { cause }); // at a cause
    } finally {
      void 0;
    }
  },
  "constants": (n: number) => {
    const a = true, b = Infinity, c = 1e3, s = "single";
    if (a && b > c && !(n === 7)) {
      throw new Error(s); // at constants
    }
  },
};

for (const [name, fn] of Object.entries(FUNCTIONS)) {
  test(`The line of a function is found although a compiler has changed it: ${name}`, async () => {
    await using runtime = await sharedRuntime(1);
    const [result] = await Promise.allSettled([runtime.spawnCompute(fn, 1)]);
    assert.equal(result.status, "rejected");
    const { stack } = result.reason as Error;
    assert.ok(stack !== undefined);
    const place = /constructs_test\.ts:(\d+):\d+/.exec(stack);
    const lines = readFileSync(new URL(import.meta.url), "utf8").split("\n");
    const line = lines.findIndex((text) => text.endsWith(`// at ${name}`)) + 1;
    assert.equal(Number(place?.[1]), line, stack);
  });
}

test("A function that no file contains is not taken for one that is like it", async () => {
  await using runtime = await sharedRuntime(1);
  for (const text of ["like this", "or this"]) {
    const fn = new Function(
      `return (n) => {\n  throw new Error("${text} " + n);\n}`,
    )();
    const call = async () => {
      await runtime.spawnCompute(fn, 1);
    };
    const [result] = await Promise.allSettled([call()]);
    assert.equal(result.status, "rejected");
    assert.match(
      (result.reason as Error).stack!,
      /\(line 2 of the function sent at \S+constructs_test\.ts:\d+:\d+\)/,
    );
  }
});

/** It is like those of the last test. */
export function similar(n: number): void {
  ((n: number) => {
    throw new Error("not this " + n);
  })(n);
}
