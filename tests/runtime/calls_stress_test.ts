import assert from "node:assert/strict";
import { type LoomRuntime, spawnCompute } from "../../mod.ts";
import { unpinned } from "../support/runtime.ts";
import { seedFor } from "../support/seed.ts";
import { sized } from "../support/stress.ts";
import { stressTest } from "../support/test.ts";

const CALLS = sized(600, 200_000);
const AT_ONCE = sized(120, 2_000);
/** Batches in the middle of which a worker is killed. */
const KILLS = sized([1, 3, 4], [20, 50, 51]);

/** The expected outcome of a call. */
interface Expectation {
  readonly value?: unknown;
  readonly error?: string;
  /** It awaits, so it may be lost with its worker. */
  readonly canBeLost?: boolean;
}

/** Makes call number `n` and returns the expected outcome. */
type Kind = (
  runtime: LoomRuntime,
  n: number,
  runs: Int32Array,
) => [Promise<unknown>, Expectation];

const bytes = new Uint8Array(5_000).map((_, i) => i);

const kinds: readonly Kind[] = [
  (runtime, n) => [
    runtime.spawnCompute((n: number) => n * 2, n),
    { value: n * 2 },
  ],
  (runtime, n, runs) => [
    runtime.spawnCompute(
      (runs: Int32Array, n: number) => {
        Atomics.add(runs, n, 1);
      },
      runs,
      n,
    ),
    { value: undefined },
  ],
  (runtime, n) => [
    runtime.spawnCompute((text: string) => `${text}!`, `call ${n} é`),
    { value: `call ${n} é!` },
  ],
  (runtime, n) => [
    runtime.spawnCompute(
      ({ n, list }: { n: number; list: number[] }) => ({ list: [n, ...list] }),
      { n, list: [1, 2] },
    ),
    { value: { list: [n, 1, 2] } },
  ],
  (runtime, n) => [
    runtime.spawnCompute(
      (bytes: Uint8Array, n: number) => bytes.length + n,
      bytes,
      n,
    ),
    { value: 5_000 + n },
  ],
  (runtime, n) => [
    runtime.spawnCompute((n: number) => `${n} `.padEnd(5_000, "w"), n),
    { value: `${n} `.padEnd(5_000, "w") },
  ],
  (runtime, n) => [
    runtime.spawnCompute((n: number) => {
      throw new RangeError(`call ${n} fails`);
    }, n),
    { error: `RangeError: call ${n} fails` },
  ],
  (runtime, n) => [
    runtime.spawnCompute(async (n: number) => {
      await Promise.resolve();
      throw new TypeError(`call ${n} fails late`);
    }, n),
    { error: `TypeError: call ${n} fails late`, canBeLost: true },
  ],
  (runtime, n) => [
    runtime.computePool.spawn(async (n: number) => {
      await new Promise((resolve) => setImmediate(resolve));
      return BigInt(n);
    }, n),
    { value: BigInt(n), canBeLost: true },
  ],
  (runtime, n) => [
    runtime.spawnCompute(
      async (n: number) => await spawnCompute((n: number) => n + 1, n) + 1,
      n,
    ),
    { value: n + 2, canBeLost: true },
  ],
];

for (const workers of [1, 3]) {
  const name = `${CALLS} mixed calls settle rightly, on ${workers} worker(s)`;
  stressTest(name, async () => {
    const random = generator(seedFor(name));
    await using runtime = await unpinned(workers).build();
    const runs = new Int32Array(new SharedArrayBuffer(4 * CALLS));
    let lost = 0;
    let settled = 0;
    const check = async (n: number): Promise<void> => {
      const kind = kinds[Math.floor(random() * kinds.length)];
      const [call, expected] = kind(runtime, n, runs);
      const counted = kind === kinds[1];
      const outcome = await outcomeOf(call);
      settled++;
      if (expected.canBeLost && outcome.error?.startsWith("WorkerLostError")) {
        lost++;
        return;
      }
      const { canBeLost: _, ...rest } = expected;
      assert.deepEqual(outcome, rest);
      assert.equal(runs[n], counted ? 1 : 0, `call ${n} ran that often`);
    };
    for (let batch = 0; batch < CALLS / AT_ONCE; batch++) {
      const checks: Promise<void>[] = [];
      let killed: Promise<unknown> | undefined;
      const killAt = Math.floor(random() * AT_ONCE);
      for (let i = 0; i < AT_ONCE; i++) {
        if (i === killAt && KILLS.includes(batch)) {
          killed = runtime.spawnCompute(() => process.exit(1));
          killed.catch(() => {});
        }
        checks.push(check(batch * AT_ONCE + i));
      }
      await Promise.all(checks);
      if (killed !== undefined) {
        await assert.rejects(killed, { name: "WorkerLostError" });
      }
    }
    assert.equal(settled, CALLS);
    assert.ok(lost < KILLS.length * AT_ONCE);
    assert.deepEqual(runtime.inFlight, { compute: 0, async: 0 });
  });
}

/** The outcome of a promise, in the form of an expectation. */
async function outcomeOf(promise: Promise<unknown>): Promise<Expectation> {
  try {
    return { value: await promise };
  } catch (error) {
    return { error: String(error) };
  }
}

/** Random numbers from 0 to 1, the same for the same seed. */
function generator(seed: number): () => number {
  let state = seed | 0;
  return () => {
    // One step of xorshift32; 0 would stay 0.
    state ||= 1;
    state ^= state << 13;
    state ^= state >>> 17;
    state ^= state << 5;
    return (state >>> 0) / 2 ** 32;
  };
}
