/**
 * The six "patterns to avoid" in the documentation of the Rust crate loom-rs, by their names
 * there, and how each one behaves here:
 *
 *     deno run -A examples/patterns.ts
 *     bun examples/patterns.ts
 *
 * Each function below is one pattern: first the mistake, then what to do instead. All run on
 * a single compute worker, where each mistake shows its effect.
 *
 * @module
 */

import { readFileSync } from "node:fs";
import { readFile } from "node:fs/promises";
import { fileURLToPath } from "node:url";
import {
  computeMap,
  join,
  LoomBuilder,
  type LoomRuntime,
  parRange,
  shared,
  spawnCompute,
  task,
} from "../mod.ts";

/** Limit of waits that would otherwise never end. */
const TIMEOUT_MS = 200;

const FILE = fileURLToPath(new URL("./loom.toml", import.meta.url));

/**
 * 1. A call inside a call. In loom-rs, waiting for the inner call blocks the thread, and when
 * all threads wait, none is left to run it.
 */
async function nestedSpawnCompute(runtime: LoomRuntime): Promise<void> {
  title("1. Nested spawn_compute (Deadlock Risk)");

  // Awaiting does not block: the worker runs other calls meanwhile, to any depth.
  const depth = await runtime.spawnCompute(
    async function descend(levels: number): Promise<number> {
      return levels === 0 ? 0 : 1 + await spawnCompute(descend, levels - 1);
    },
    100,
  );
  report("awaited", `works, ${depth} calls deep on one worker`);

  // Blocking is a mistake here, too: no worker is left to run the inner call.
  const outcome = await runtime.spawnCompute((timeoutMs: number) => {
    const done = shared(new Int32Array(1));
    const inner = spawnCompute((done: Int32Array) => {
      Atomics.store(done, 0, 1);
      Atomics.notify(done, 0);
    }, done);
    inner.catch(() => {});
    return Atomics.wait(done, 0, 0, timeoutMs);
  }, TIMEOUT_MS);
  report(
    "blocking in Atomics.wait",
    `${outcome}, the inner call never started`,
  );

  // Synchronous and nested: the waiting thread does the work that no worker has taken.
  const sums = await runtime.spawnCompute(() => {
    const sum = (n: number) => parRange(0, n).sum();
    return join([sum, 10], [sum, 100]);
  });
  report("instead: join(), scope(), parIter()", `work, ${sums.join(" and ")}`);
}

/** A module task, since it uses an import. */
const countBytesBlocking: (path: string) => number = task(
  import.meta.url,
  function countBytesBlocking(path: string): number {
    return readFileSync(path).length;
  },
);

/** 2. A worker that waits for a disk or a network does not compute. */
async function blockingIo(runtime: LoomRuntime): Promise<void> {
  title("2. Blocking I/O in spawn_compute");

  await runtime.spawnCompute(countBytesBlocking, FILE); // imports this module on the worker
  const order: string[] = [];
  await Promise.all([
    runtime.spawnCompute(countBytesBlocking, FILE)
      .then((bytes) => order.push(`${bytes} bytes read`)),
    runtime.spawnCompute((n: number) => n * n, 12)
      .then((square) => order.push(`then ${square} computed`)),
  ]);
  report(
    "readFileSync() in a call",
    `works, but others wait: ${order.join(", ")}`,
  );

  // The event loop reads any number of files at once, and the worker only computes.
  const bytes = await readFile(FILE);
  const sum = await runtime.spawnCompute(
    (bytes: Uint8Array) => bytes.reduce((sum, byte) => sum + byte, 0),
    bytes,
  );
  report("instead: await, then call", `works, the bytes add up to ${sum}`);
}

/** 3. One call after another keeps at most one worker busy, and it waits between calls. */
async function tightLoop(runtime: LoomRuntime): Promise<void> {
  title("3. spawn_compute in Tight Loops");
  const items = Array.from({ length: 2_000 }, (_, i) => i);
  const square = (n: number) => n * n;

  await timed("await in a loop", items.length, async () => {
    let sum = 0;
    for (const n of items) sum += await runtime.spawnCompute(square, n);
    return sum;
  });
  // Calls beyond computePoolSize wait in a queue of this thread.
  await timed("instead: all at once", items.length, async () => {
    const calls = items.map((n) => runtime.spawnCompute(square, n));
    return (await Promise.all(calls)).reduce((sum, n) => sum + n);
  });
  await timed(
    "better: one parallel loop",
    items.length,
    () => parRange(0, items.length).map(square).sumAsync(),
  );
}

/**
 * 4. A lock held during a call is held as long as the call waits for a worker, and it causes a
 * deadlock if the call needs it, too. Here this concerns only locks in shared memory, since
 * all other values are copied when the call is made.
 */
async function lockHeld(runtime: LoomRuntime): Promise<void> {
  title("4. Holding Locks Across spawn_compute");
  const FREE = 0, HELD = 1;
  const lock = shared(new Int32Array(1));

  Atomics.store(lock, 0, HELD);
  const outcome = await runtime.spawnCompute(
    (lock: Int32Array, held: number, timeoutMs: number) =>
      Atomics.wait(lock, 0, held, timeoutMs),
    lock,
    HELD,
    TIMEOUT_MS,
  );
  report(
    "a lock that the call needs",
    `${outcome}, the caller waits for it, too`,
  );
  Atomics.store(lock, 0, FREE);

  // The call receives a copy made at this moment, so no lock is needed.
  const prices = [3, 4];
  const total = runtime.spawnCompute(
    (prices: number[]) => prices.reduce((a, b) => a + b),
    prices,
  );
  prices.push(1_000);
  report(
    "instead: pass the data",
    `works, ${await total}, as it was at the call`,
  );

  const cells = shared(new Int32Array(1));
  const add = (n: number, cells: Int32Array) => Atomics.add(cells, 0, n);
  await Promise.all([1, 2, 3].map((n) => runtime.spawnCompute(add, n, cells)));
  report("or: share it, with Atomics", `works, ${cells[0]}`);
}

/** 5. `install()` blocks the event loop, so use it there only briefly. */
async function installBlocks(runtime: LoomRuntime): Promise<void> {
  title("5. install() Blocks the Thread");
  const sumOfRoots = () => parRange(0, 20_000_000).map((n) => Math.sqrt(n));

  const blocking = await turnsDuring(
    () => runtime.install(() => sumOfRoots().sum()),
  );
  report(
    "install() on the event loop",
    `works, ${blocking} turns of the event loop meanwhile`,
  );

  const awaited = await turnsDuring(() => sumOfRoots().sumAsync());
  report(
    "instead: sumAsync() and the like",
    `work, the event loop continues: ${awaited > 0}`,
  );
  const called = await turnsDuring(() =>
    runtime.spawnCompute(() =>
      parRange(0, 20_000_000).map((n) => Math.sqrt(n)).sum()
    )
  );
  report(
    "or: a call that blocks its worker",
    `works, it continues, too: ${called > 0}`,
  );
}

/** 6. The same as pattern 3, for items of a stream. */
async function loopOnStream(runtime: LoomRuntime): Promise<void> {
  title("6. Manual spawn_compute Loop on Streams");
  const lengthOf = (text: string) => text.length;
  let inFlight = 0;
  let peak = 0;
  async function* words(): AsyncGenerator<string> {
    for (const word of "the weft goes over and under the warp".split(" ")) {
      await Promise.resolve();
      peak = Math.max(peak, ++inFlight);
      yield word;
    }
  }

  const lengths: number[] = [];
  for await (const word of words()) {
    lengths.push(await runtime.spawnCompute(lengthOf, word));
    inFlight--;
  }
  report(
    "await in a loop",
    `works, ${peak} word at a time: ${lengths.join(" ")}`,
  );

  lengths.length = inFlight = peak = 0;
  for await (const n of computeMap(words(), lengthOf, { concurrency: 4 })) {
    lengths.push(n);
    inFlight--;
  }
  report("instead: computeMap()", `works, up to ${peak}: ${lengths.join(" ")}`);
}

function title(name: string): void {
  console.log(`\n${name}`);
}

function report(what: string, outcome: string): void {
  console.log(`   ${what.padEnd(36)} ${outcome}`);
}

async function timed(
  what: string,
  itemCount: number,
  run: () => Promise<number>,
): Promise<void> {
  await run(); // warm-up, which sends the functions to the worker
  const startMs = performance.now();
  const sum = await run();
  const eachUs = (performance.now() - startMs) / itemCount * 1000;
  report(what, `works, ${sum}, ${eachUs.toFixed(1)} µs per item`);
}

/** The number of turns of the event loop until `run` has completed. */
async function turnsDuring(run: () => unknown): Promise<number> {
  let turns = 0;
  let timer: ReturnType<typeof setTimeout>;
  const turn = () => {
    turns++;
    timer = setTimeout(turn);
  };
  timer = setTimeout(turn);
  const result = run();
  if (result instanceof Promise) await result;
  clearTimeout(timer);
  return turns;
}

// The worker imports this module for its task; it must not start a runtime of its own.
if (import.meta.main) {
  await using runtime = await new LoomBuilder().prefix("patterns")
    .computeThreads(1).pinThreads(false).withCliArgs().build();
  await nestedSpawnCompute(runtime);
  await blockingIo(runtime);
  await tightLoop(runtime);
  await lockHeld(runtime);
  await installBlocks(runtime);
  await loopOnStream(runtime);
}
