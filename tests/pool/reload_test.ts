/**
 * Programs that are loaded again by `deno --watch`, `bun --hot` and `bun --watch`.
 *
 * @module
 */

import assert from "node:assert/strict";
import { type ChildProcess, spawn } from "node:child_process";
import {
  appendFileSync,
  cpSync,
  mkdtempSync,
  realpathSync,
  rmSync,
} from "node:fs";
import { once } from "node:events";
import { tmpdir } from "node:os";
import process from "node:process";
import { createInterface } from "node:readline";
import { allowedCpus } from "../../lib/affinity/pin.ts";
import { HERE } from "../support/program.ts";
import { type ThreadActivity, threadActivity } from "../support/proc.ts";
import { findRuntime, ROOT } from "../support/runtimes.ts";
import { skip, test } from "../support/test.ts";

const { cpus } = allowedCpus();
const needsTwoCpus = process.platform === "linux" && cpus.length > 1
  ? test
  : (name: string) => skip(name, "needs Linux and two CPUs");

/** What `reloaded.ts` prints in each run. */
interface Run {
  readonly result: number;
  readonly planned: number[];
  readonly main: number[];
  readonly workerCount: number;
}

/** Runs a copy of `reloaded.ts`, which changes after each run, and collects the output. */
async function reload(
  flags: readonly string[],
  args: readonly string[],
  reloads: number,
  beforeReload: (pid: number) => Promise<void> = () => Promise.resolve(),
): Promise<Run[]> {
  const folder = realpathSync(mkdtempSync(`${tmpdir()}/loom-reload-`));
  const program = `${folder}/reloaded.ts`;
  cpSync(`${ROOT}/tests/fixtures/programs/reloaded.ts`, program);
  const child: ChildProcess = spawn("sh", [
    "-c",
    'exec "$LOOM_TEST_RUNTIME" "$@"',
    "sh",
    ...flags,
    program,
    ROOT,
    ...args,
  ], {
    cwd: folder,
    env: { ...process.env, LOOM_TEST_RUNTIME: findRuntime(HERE) },
    stdio: ["ignore", "pipe", "ignore"],
  });
  const ended = once(child, "exit");
  let stopChanging = () => {};
  try {
    const lines = createInterface({ input: child.stdout! })[
      Symbol.asyncIterator
    ]();
    const runs: Run[] = [];
    while (runs.length <= reloads) {
      const { value, done } = await lines.next();
      assert.ok(!done, "the program ended");
      if (!value.startsWith("{")) continue;
      stopChanging();
      runs.push(JSON.parse(value));
      if (runs.length > reloads) break;
      await beforeReload(child.pid!);
      stopChanging = changeRepeatedly(program);
    }
    return runs;
  } finally {
    stopChanging();
    child.kill("SIGKILL");
    await ended;
    rmSync(folder, { recursive: true });
  }
}

/**
 * Changes a file, and again until the returned function is called, after longer and longer
 * times: Deno misses a change now and then while it sets up its watches, and a change that
 * it sees starts the program anew, however far it is.
 */
function changeRepeatedly(path: string): () => void {
  let waitMs = 2_000;
  let timer: ReturnType<typeof setTimeout>;
  const change = () => {
    appendFileSync(path, "// changed\n");
    timer = setTimeout(change, waitMs);
    waitMs *= 2;
  };
  change();
  return () => clearTimeout(timer);
}

/** Resolves when a process has no worker of loom any more. */
async function workersEnd(pid: number): Promise<void> {
  const isWorker = ({ name }: ThreadActivity) => name.startsWith("rl-");
  while (threadActivity(pid).some(isWorker)) {
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
}

/** Every run has the CPUs and the number of threads that the first one had. */
function assertAlike(runs: readonly Run[]): void {
  const [first, ...others] = runs;
  assert.equal(first.result, 2);
  assert.equal(new Set(first.planned).size, 2);
  assert.deepEqual(first.main, [first.planned[0]]);
  assert.equal(first.workerCount, 1);
  for (const run of others) assert.deepEqual(run, first);
}

const WATCH = HERE === "Deno"
  ? [
    ...["run", "--no-check", "--allow-all", `--config=${ROOT}/deno.json`],
    ...["--watch", "--no-clear-screen"],
  ]
  : ["--watch", "--no-clear-screen"];

needsTwoCpus(
  "--watch ends the threads of the run before, and the next has its CPUs",
  async () => assertAlike(await reload(WATCH, [], 3)),
);

if (HERE === "Bun") {
  needsTwoCpus(
    "--hot ends the runtime of the run before, and the next has its CPUs",
    async () =>
      assertAlike(await reload(["--hot", "--no-clear-screen"], [], 3)),
  );
} else {
  needsTwoCpus(
    "Threads of a run that failed end, though nobody tells them",
    async () => {
      const runs = await reload(WATCH, ["fails"], 1, workersEnd);
      assert.deepEqual(runs[1].planned, runs[0].planned);
      assert.equal(runs[1].workerCount, 1);
    },
  );
}
