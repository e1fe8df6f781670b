/**
 * What a program does while its workers die: operations whose results are known, and tasks
 * that end their worker at some step.
 *
 * @module
 */

import process from "node:process";
import {
  computeMap,
  join,
  type LoomRuntime,
  parIter,
  parRange,
  spawnCompute,
} from "../../mod.ts";

/** Starts one operation; resolves when it has given the right result. */
export type Operation = (runtime: LoomRuntime, n: number) => Promise<void>;

/** A wrong result: the one thing that no death excuses. */
export class WrongValueError extends Error {
  override name = "WrongValueError";
}

function expect(actual: unknown, expected: unknown, what: string): void {
  const [a, b] = [actual, expected].map((value) => JSON.stringify(value));
  if (a !== b) throw new WrongValueError(`${what}: got ${a}, expected ${b}`);
}

const data = new Float64Array(
  new SharedArrayBuffer(2_000 * Float64Array.BYTES_PER_ELEMENT),
).map((_, i) => i) as Float64Array<ArrayBufferLike>;
const shared = new Float64Array(new SharedArrayBuffer(2_000 * 8));
shared.set(data);
const SUM = 2_000 * 1_999 / 2;

/** Operations by name. */
export const OPERATIONS: Readonly<Record<string, Operation>> = {
  async number(runtime, n) {
    expect(
      await runtime.spawnCompute((n: number) => n * 2, n),
      n * 2,
      "number",
    );
  },
  async object(runtime, n) {
    const value = { n, text: `value ${n}`, list: [n, n + 1] };
    const echo = await runtime.spawnCompute((v: typeof value) => v, value);
    expect(echo, value, "object");
  },
  async largeResult(runtime, n) {
    const bytes = await runtime.spawnCompute(
      (n: number) => new Uint8Array(200_000).fill(n & 255),
      n,
    );
    expect([bytes.length, bytes[199_999]], [200_000, n & 255], "large result");
  },
  async largeArgument(runtime, n) {
    const sum = await runtime.spawnCompute(
      (bytes: Uint8Array) => bytes.reduce((sum, byte) => sum + byte, 0),
      new Uint8Array(150_000).fill(n & 63),
    );
    expect(sum, 150_000 * (n & 63), "large argument");
  },
  async nested(runtime, n) {
    const total = await runtime.spawnCompute(
      async function nest(
        depth: number,
        n: number,
      ): Promise<number> {
        if (depth === 0) return n;
        const [a, b] = await Promise.all([
          spawnCompute(nest, depth - 1, n),
          spawnCompute((n: number) => n + 1, n),
        ]);
        return a + b;
      },
      3,
      n,
    );
    expect(total, 4 * n + 3, "nested");
  },
  async sharedArgument(runtime, n) {
    const array = new Int32Array(new SharedArrayBuffer(64)).fill(n);
    const [echo, sum] = await runtime.spawnCompute(
      (array: Int32Array) =>
        [array, array.reduce((sum, x) => sum + x, 0)] as const,
      array,
    );
    if (echo.buffer !== array.buffer) {
      throw new WrongValueError("shared argument: came back as another buffer");
    }
    expect(sum, 16 * n, "shared argument");
  },
  async sharedResult(runtime, n) {
    const array = await runtime.spawnCompute(
      (n: number) => new Int32Array(new SharedArrayBuffer(64)).fill(n),
      n,
    );
    expect([array.length, array[0], array[15]], [16, n, n], "shared result");
  },
  async sharedInside(runtime, n) {
    const sum = await runtime.spawnCompute(async (n: number) => {
      const array = new Int32Array(new SharedArrayBuffer(64)).fill(n);
      return await spawnCompute(
        (array: Int32Array) => array.reduce((sum, x) => sum + x, 0),
        array,
      );
    }, n);
    expect(sum, 16 * n, "shared memory of a worker");
  },
  async loop() {
    expect(await parIter(shared).map((x) => x).sumAsync(), SUM, "loop");
  },
  async strings() {
    const texts = await parRange(0, 300).map((x) => `item ${x}`).toArrayAsync();
    expect([texts.length, texts[299]], [300, "item 299"], "loop of strings");
  },
  async loopInTask(runtime, n) {
    const total = await runtime.spawnCompute(
      (n: number) => parRange(0, n + 1).sum(),
      n & 1023,
    );
    expect(total, (n & 1023) * ((n & 1023) + 1) / 2, "loop in a task");
  },
  blockingLoop(runtime) {
    const total = runtime.install(() => parIter(shared).map((x) => x).sum());
    expect(total, SUM, "blocking loop");
    return Promise.resolve();
  },
  async joinInTask(runtime, n) {
    const pair = await runtime.spawnCompute((n: number) => {
      const double = (n: number) => n * 2;
      return join([double, n], [double, n + 1]);
    }, n);
    expect(pair, [2 * n, 2 * n + 2], "join in a task");
  },
  async stream(_runtime, n) {
    const results: number[] = [];
    const items = [0, 1, 2, 3, 4, 5, 6, 7].map((i) => n + i);
    for await (const result of computeMap(items, (item: number) => item + 1)) {
      results.push(result);
    }
    expect(results, items.map((item) => item + 1), "stream");
  },
  async failing(runtime, n) {
    const error = await runtime.spawnCompute((n: number): number => {
      throw new RangeError(`failed ${n}`, { cause: n });
    }, n).then(() => undefined, (error: Error) => error);
    if (error?.name === "WorkerLostError") throw error;
    expect(
      [error?.name, error?.message, error?.cause],
      ["RangeError", `failed ${n}`, n],
      "error",
    );
  },
};

/** Tasks that end the worker that runs them, each at another step. */
export const DEATHS: Readonly<Record<string, Operation>> = {
  async inSynchronousCode(runtime) {
    await runtime.spawnCompute((code: number) => process.exit(code), 1);
  },
  async afterAwait(runtime) {
    await runtime.spawnCompute(async () => {
      await Promise.resolve();
      process.exit(2);
    });
  },
  async fromTimer(runtime) {
    await runtime.spawnCompute(async (ms: number) => {
      await new Promise((resolve) => setTimeout(resolve, ms));
      process.exit(3);
    }, 1);
  },
  async whileResultIsRead(runtime) {
    await runtime.spawnCompute(() => ({
      before: new Uint8Array(1_000),
      get value(): number {
        return process.exit(4);
      },
    }));
  },
  async afterInnerCalls(runtime, n) {
    await runtime.spawnCompute(async (n: number) => {
      const bytes = new Uint8Array(50_000);
      const array = new Int32Array(new SharedArrayBuffer(64));
      const calls = [
        spawnCompute((n: number) => n, n),
        spawnCompute((bytes: Uint8Array) => bytes, bytes),
        spawnCompute((array: Int32Array) => array, array),
      ];
      for (const call of calls) call.catch(() => {});
      if (n % 2 === 0) await calls[n % 3];
      process.exit(5);
    }, n);
  },
  async inLeaf(_runtime, n) {
    await parRange(0, 64).map((x: number, n: number) => {
      if (x === n) process.exit(6);
      return x;
    }, n & 63).sumAsync();
  },
  async inStream(_runtime, n) {
    const items = [0, 1, 2, 3, 4, 5].map((i) => ({ i, dies: i === n % 6 }));
    const map = (item: { i: number; dies: boolean }) => {
      if (item.dies) process.exit(7);
      return item.i;
    };
    for await (const _ of computeMap(items, map, { ordered: n % 2 === 0 }));
  },
  async amidLargeResults(runtime) {
    await runtime.spawnCompute(async () => {
      const large = () => new Uint8Array(300_000);
      const calls = [spawnCompute(large), spawnCompute(large)];
      for (const call of calls) call.catch(() => {});
      await calls[0];
      process.exit(8);
    });
  },
};
