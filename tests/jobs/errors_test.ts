import assert from "node:assert/strict";
import {
  type LoomRuntime,
  parRange,
  shared,
  WorkerLostError,
} from "../../mod.ts";
import type { Endpoint } from "../../lib/calls/endpoint.ts";
import { NOTHING, OwnResults, readResults } from "../../lib/jobs/collect.ts";
import { Helper } from "../../lib/jobs/helper.ts";
import { Job } from "../../lib/jobs/job.ts";
import type { LoopCompiler } from "../../lib/jobs/loop_compiler.ts";
import { type Kind, leave, leaveTask } from "../fixtures/tasks/unreadable.ts";
import { runtimeOfFile } from "../support/file_runtime.ts";
import { unpinned } from "../support/runtime.ts";
import { test } from "../support/test.ts";
import { unguarded } from "../support/unguarded.ts";

const LIMIT_BYTES = 2 ** 16;

const sharedRuntime = runtimeOfFile((workers) =>
  unpinned(workers).maxPayloadBytes(LIMIT_BYTES)
);

const UNREADABLE = /Cannot send what the task threw/;

/** What the caller of a loop gets whose stage leaves in this way on a worker. */
const ERRORS: [Kind, { name?: string; message: RegExp }][] = [
  ["throwing message", { message: UNREADABLE }],
  ["endless message", { message: UNREADABLE }],
  ["proxy", { message: UNREADABLE }],
  ["long message", { name: "PayloadTooLargeError", message: /Cannot send/ }],
  ["function", { name: "DataCloneError", message: /Cannot send error/ }],
  ["loop in getter", { name: "RangeError", message: /^message$/ }],
  ["inner loop", { message: UNREADABLE }],
  ["result with function", {
    name: "DataCloneError",
    message: /Cannot send result/,
  }],
  ["result with throwing getter", { name: "RangeError", message: /^no sum$/ }],
];

/** Runs a loop of which a worker runs the first leaf, and the caller another one. */
async function run<T>(
  runtime: LoomRuntime,
  form: "awaited" | "blocking",
  operation: (state: Int32Array) => {
    now: () => T;
    later: () => Promise<T>;
  },
): Promise<T> {
  const state = shared(new Int32Array(1));
  const { now, later } = operation(state);
  if (form === "awaited") return await runtime.install(later);
  const here = globalThis as { isCaller?: boolean };
  here.isCaller = true;
  try {
    return runtime.install(now);
  } finally {
    delete here.isCaller;
  }
}

for (const form of ["awaited", "blocking"] as const) {
  for (
    const [of, stage] of [["a function", leave], ["a task", leaveTask]] as const
  ) {
    test(`What cannot be read of ${of} on a worker ends the loop, ${form}`, async () => {
      await using runtime = await sharedRuntime(1);
      const attempt = (kind: Kind, terminal: "toArray" | "find") =>
        run(runtime, form, (state) => {
          const items = parRange(0, 8).map(stage, kind, state);
          return terminal === "find"
            ? {
              now: () => items.find((item) => item !== undefined),
              later: () => items.findAsync((item) => item !== undefined),
            }
            : { now: () => items.toArray(), later: () => items.toArrayAsync() };
        });
      for (const [kind, expected] of ERRORS) {
        await assert.rejects(attempt(kind, "toArray"), expected, kind);
        await assert.rejects(attempt(kind, "find"), expected, kind);
      }
      assert.deepEqual(await attempt("result with loop in getter", "find"), {
        sum: 499_500,
      });
      // No loop is left in the worker's list, to be told of the worker's end.
      const ended = runtime.spawnCompute(async () => {
        const { default: process } = await import("node:process");
        process.exit(0);
      });
      await assert.rejects(ended, WorkerLostError);
      assert.equal(await parRange(0, 64).sumAsync(), 2_016);
      assert.equal(runtime.install(() => parRange(0, 64).sum()), 2_016);
    });
  }
}

test("A caller waits for workers that run its loop when its own part throws", async () => {
  await using runtime = await sharedRuntime(1);
  const [begun, thrown, ended] = [0, 1, 2].map(() => shared(new Int32Array(1)));
  const here = globalThis as { isCaller?: boolean };
  here.isCaller = true;
  try {
    const stage = (
      _: number,
      begun: Int32Array,
      thrown: Int32Array,
      ended: Int32Array,
    ) => {
      const { isCaller } = globalThis as { isCaller?: boolean };
      const open = (latch: Int32Array) => {
        Atomics.store(latch, 0, 1);
        Atomics.notify(latch, 0);
      };
      const pass = (latch: Int32Array) => {
        while (Atomics.load(latch, 0) === 0) Atomics.wait(latch, 0, 0);
      };
      if (isCaller) {
        pass(begun);
        open(thrown);
        throw new RangeError("the caller's part");
      }
      open(begun);
      pass(thrown);
      open(ended);
      return 1;
    };
    const loop = () => parRange(0, 2).map(stage, begun, thrown, ended).sum();
    assert.throws(() => runtime.install(loop), {
      name: "RangeError",
      message: "the caller's part",
    });
    assert.equal(ended[0], 1, "the worker's part has ended");
  } finally {
    delete here.isCaller;
  }
});

/** A job of three leaves with one worker, thread 1, which is to be requested. */
function requestedJob(): Job {
  const job = Job.create(2);
  job.reset(3);
  job.addHelper();
  return job;
}

/** A worker whose payloads and loops are as given. */
function helperWith(
  encode: () => never,
  run: () => unknown,
): Helper {
  const endpoint = {
    guard: unguarded(),
    thread: 1,
    serial: 1,
    control: { threadCount: 2 },
    metrics: { counts: new Float64Array(16) },
    recorder: { isOn: false },
    payloads: { encode },
    sharedBuffers: {},
  } as unknown as Endpoint;
  const compiler = {
    compile: () => ({ run, itemMs: 0, waiting: "no" }),
    explain: (_: unknown, error: unknown) => error,
  } as unknown as LoopCompiler;
  return new Helper(endpoint, compiler, 1);
}

const SPEC = {
  text: 0,
  functions: [],
  data: [],
  length: 3,
  stopsAtResult: false,
};

test("A worker that cannot write any error leaves the loop, which throws", () => {
  const job = requestedJob();
  const helper = helperWith(() => {
    throw new RangeError("Array buffer allocation failed");
  }, () => {
    throw new Error("from a stage");
  });
  helper.serve({ memory: job.memory, spec: SPEC, caller: 0 });
  assert.equal(job.waitForRunners(() => true), -1);
  assert.ok(job.isReusable);
  const error = readResults(job, new OwnResults(3), {} as Endpoint, unexpected);
  assert.match(String(error), /Cannot send what a stage threw/);
});

test("A worker that gives up in the middle of a claim leaves the loop, which throws", () => {
  const job = requestedJob();
  const own = new OwnResults(3);
  own.set(job.claim(0, 1), 1);
  job.enter(1, 1);
  job.claim(0, 1);
  job.leave(1);
  const error = readResults(job, own, {} as Endpoint, unexpected);
  assert.match(String(error), /left a part of it without a result/);
});

test("A worker that ends while a leaf runs stays in the loop, marked as lost", () => {
  const job = requestedJob();
  const helper = helperWith(unexpected, () => {
    helper.markLost();
    return 1;
  });
  helper.serve({ memory: job.memory, spec: SPEC, caller: 0 });
  assert.equal(job.waitForRunners(() => true), 1);
  assert.ok(!job.isReusable);
});

test("Results after the one that ended the loop are not read", () => {
  const job = requestedJob();
  const own = new OwnResults(3);
  own.set(0, undefined);
  own.set(1, 7);
  own.fail(2, new Error("after the end"));
  job.stop(1);
  const error = readResults(job, own, {} as Endpoint, unexpected);
  assert.equal(error, NOTHING);
  assert.deepEqual(own.values, [undefined, 7, undefined]);
});

function unexpected(): never {
  throw new Error("Not expected to be called");
}

test("An extra argument that cannot be cloned is an error, also if no worker helps", async () => {
  await using runtime = await sharedRuntime(1);
  const call = (n: number, next: unknown) => (next as (n: number) => number)(n);
  const plusOne = (n: number) => n + 1;
  for (const value of [plusOne, Symbol("s"), { plusOne }]) {
    const expected = { name: "DataCloneError", message: /extra argument/ };
    for (const length of [1, 1_000]) {
      const items = () => parRange(0, length).map(call, value);
      assert.throws(() => runtime.install(() => items().sum()), expected);
      await assert.rejects(
        runtime.install(() => items().sumAsync()),
        expected,
      );
    }
  }
});
