/**
 * The CPUs of the child processes and Workers that pinned threads start, as the child or the
 * kernel reports them. No test uses `runtime.unpinned()`.
 *
 * @module
 */

import assert from "node:assert/strict";
import childProcess, {
  type ChildProcess,
  execFile,
  fork,
  spawn,
  spawnSync,
} from "node:child_process";
import { once } from "node:events";
import process from "node:process";
import { text } from "node:stream/consumers";
import { Worker as NodeWorker } from "node:worker_threads";
import { LoomBuilder, type LoomRuntime } from "../../mod.ts";
import { allowedCpus } from "../../lib/affinity/pin.ts";
import { parseCpuset } from "../../lib/placement/cpuset.ts";
import { HERE } from "../support/program.ts";
import { callingThread, kernelThreads, threadsNamed } from "../support/proc.ts";
import { scaleLimit } from "../support/slowdown.ts";
import { skip, test } from "../support/test.ts";
import { processCpus } from "./kernel.ts";

const { cpus } = allowedCpus();
const needsTwoCpus = process.platform === "linux" && cpus.length > 1
  ? test
  : (name: string) => skip(name, "needs Linux and two CPUs");

/** How many of each kind of child to start, half of them during load. */
const STARTS = 20;

/** The parts of the runtimes' namespaces used here. */
interface Namespaces {
  readonly Deno: {
    readonly Command: new (command: string, options?: object) => {
      output(): Promise<{ readonly stdout: Uint8Array }>;
      outputSync(): { readonly stdout: Uint8Array };
      spawn(): { output(): Promise<{ readonly stdout: Uint8Array }> };
    };
  };
  readonly Bun: {
    spawn(command: string[]): { readonly stdout: ReadableStream };
    spawnSync(command: string[]): { readonly stdout: Uint8Array };
    $(parts: TemplateStringsArray): { text(): Promise<string> };
  };
}

const { Deno, Bun } = globalThis as unknown as Namespaces;

/** A function that starts `nproc` and resolves with what it prints. */
type Start = () => string | Promise<string>;

const STARTS_OF_BOTH: Readonly<Record<string, Start>> = {
  spawn: () => text(spawn("nproc").stdout),
  execFile: () =>
    new Promise((resolve) =>
      execFile("nproc", (_error, stdout) => resolve(stdout))
    ),
  "childProcess.spawnSync": () => `${childProcess.spawnSync("nproc").stdout}`,
  "childProcess.execSync": () => `${childProcess.execSync("nproc")}`,
};

const decode = ({ stdout }: { readonly stdout: Uint8Array }) =>
  new TextDecoder().decode(stdout);

const STARTS_HERE: Readonly<Record<string, Start>> = HERE === "Deno"
  ? {
    output: async () => decode(await new Deno.Command("nproc").output()),
    outputSync: () => decode(new Deno.Command("nproc").outputSync()),
    "Command.spawn": async () =>
      decode(
        await new Deno.Command("nproc", { stdout: "piped" }).spawn().output(),
      ),
  }
  : {
    "Bun.spawn": () => new Response(Bun.spawn(["nproc"]).stdout).text(),
    "Bun.spawnSync": () => decode(Bun.spawnSync(["nproc"])),
    "spawnSync by name": () => `${spawnSync("nproc").stdout}`,
    $: () => Bun.$`nproc`.text(),
    "$, second command": () => Bun.$`sleep 0.01; nproc`.text(),
  };

for (
  const [name, start] of Object.entries({ ...STARTS_OF_BOTH, ...STARTS_HERE })
) {
  needsTwoCpus(
    `${name}: every child of the pinned main thread has all CPUs`,
    async () => {
      await using runtime = await new LoomBuilder().prefix("sa").build();
      const seen: string[] = [];
      for (let i = 0; i < STARTS; i++) {
        const load = i % 2 === 0 ? [] : keepBusy(runtime);
        seen.push((await start()).trim());
        await Promise.all(load);
      }
      assert.deepEqual(seen, Array(STARTS).fill(String(cpus.length)));
      assert.deepEqual(callingThread().cpus, [runtime.asyncCpus[0]]);
    },
  );
}

/** Occupies each worker for a while. */
function keepBusy(runtime: LoomRuntime): Promise<unknown>[] {
  return Array.from(
    { length: runtime.computeThreads },
    () =>
      runtime.spawnCompute((ms: number) => {
        const end = performance.now() + ms;
        while (performance.now() < end);
      }, 5),
  );
}

needsTwoCpus("A child of a task has all CPUs", async () => {
  await using runtime = await new LoomBuilder().prefix("sb").build();
  const list = await runtime.spawnCompute(() => {
    const processes = process.getBuiltinModule("node:child_process");
    const child = processes.spawnSync("cat", ["/proc/self/status"]);
    return /^Cpus_allowed_list:\s*(\S+)$/m.exec(`${child.stdout}`)![1];
  });
  assert.deepEqual(parseCpuset(list), cpus);
  const [worker] = threadsNamed("sb-compute", runtime.computeThreads);
  assert.deepEqual(worker.cpus, [runtime.computeCpus[0]]);
});

needsTwoCpus("A forked program has all CPUs", async () => {
  await using _runtime = await new LoomBuilder().prefix("sc").build();
  const program = new URL(
    "../fixtures/programs/prints_its_cpus.ts",
    import.meta.url,
  );
  const child: ChildProcess = fork(program, {
    stdio: ["ignore", "pipe", "inherit", "ipc"],
  });
  assert.deepEqual(parseCpuset((await text(child.stdout!)).trim()), cpus);
});

needsTwoCpus("Workers get all CPUs, though no call flows", async () => {
  await using runtime = await new LoomBuilder().prefix("sd").build();
  const address = new URL(
    "../fixtures/programs/stays_alive.ts",
    import.meta.url,
  );
  const web = new Worker(address, { type: "module" });
  const node = new NodeWorker(address, { name: "sd-own-worker" } as object);
  // Its class cannot be replaced, so it gets its CPUs when it has started.
  await once(node, "online");
  const own = new Set(runtime.threads().map(({ threadId }) => threadId));
  for (let looks = scaleLimit(1_000);; looks--) {
    const narrow = kernelThreads().filter(({ threadId, name, cpus: some }) =>
      some.length < cpus.length && !own.has(threadId) &&
      /^worker-|^Worker$|^sd-own/.test(name)
    );
    if (narrow.length === 0) break;
    assert.ok(looks > 0, JSON.stringify(narrow));
    await new Promise((resolve) => setTimeout(resolve, 1));
  }
  web.terminate();
  await node.terminate();
  assert.deepEqual(callingThread().cpus, [runtime.asyncCpus[0]]);
});

needsTwoCpus(
  "A child started by a function that could not be replaced is freed while calls flow",
  async () => {
    // Whoever has taken the function before has the original.
    const original = originalStart();
    await using runtime = await new LoomBuilder().prefix("se").build();
    const child = original("sleep", "60");
    try {
      assert.deepEqual(processCpus(child.pid), [runtime.asyncCpus[0]]);
      for (let i = 0; processCpus(child.pid).length < cpus.length; i++) {
        assert.ok(i < 1_000, "the child keeps one CPU");
        await runtime.spawnCompute(() => {
          Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, 10);
        });
      }
    } finally {
      child.kill();
    }
  },
);

const needsTaskset =
  childProcess.spawnSync("taskset", ["--version"]).status === 0
    ? needsTwoCpus
    : (name: string) => skip(name, "needs taskset");

needsTaskset(
  "A child that is narrowed to its parent's CPU stays there",
  async () => {
    await using runtime = await new LoomBuilder().prefix("sh").build();
    const [cpu] = runtime.asyncCpus;
    const child = spawn("taskset", ["-c", String(cpu), "sleep", "60"]);
    try {
      // It runs on all CPUs until taskset has done its work.
      for (let looks = scaleLimit(5_000); processCpus(child.pid!).length > 1;) {
        assert.ok(looks-- > 0, "taskset does nothing");
        await new Promise((resolve) => setTimeout(resolve, 1));
      }
      for (let i = 0; i < 30; i++) {
        await runtime.spawnCompute(() => {
          Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, 10);
        });
      }
      assert.deepEqual(processCpus(child.pid!), [cpu]);
    } finally {
      child.kill();
    }
  },
);

/** Takes the function with which the JavaScript runtime starts processes. */
function originalStart(): (
  ...command: string[]
) => { readonly pid: number; kill(): void } {
  const { Deno, Bun } = globalThis as unknown as {
    // deno-lint-ignore no-explicit-any -- parts of two namespaces
    readonly [name: string]: any;
  };
  if (HERE === "Bun") {
    const { spawn } = Bun;
    return (...command) => spawn(command);
  }
  const { spawn } = Deno.Command.prototype;
  return (command, ...args) => spawn.call(new Deno.Command(command, { args }));
}

test("A runtime that has ended leaves every function as it was", async () => {
  const functions = () => {
    const { Deno, Bun, Worker } = globalThis as unknown as {
      // deno-lint-ignore no-explicit-any -- parts of two namespaces
      readonly [name: string]: any;
    };
    return [
      Worker,
      Bun?.spawn,
      Bun?.spawnSync,
      Deno?.Command.prototype.spawn,
      Deno?.Command.prototype.output,
      Deno?.Command.prototype.outputSync,
      childProcess.spawnSync,
      Reflect.get(childProcess.ChildProcess.prototype, "spawn"),
    ];
  };
  const before = functions();
  const first = await new LoomBuilder().prefix("sf").build();
  const second = await new LoomBuilder().prefix("sg").build();
  await first.blockUntilIdle();
  await second.blockUntilIdle();
  functions().forEach((fn, index) => assert.equal(fn, before[index]));
});
