/**
 * CPUs of several runtimes, in one process and in several, with a folder of their own for
 * the reservations. Where threads run is read from `/proc`.
 *
 * @module
 */

import assert from "node:assert/strict";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { spawnSync } from "node:child_process";
import process from "node:process";
import { allowedCpus } from "../../lib/affinity/pin.ts";
import { FOLDER_VARIABLE } from "../../lib/affinity/reservation.ts";
import { SeatFile } from "../../lib/affinity/seats.ts";
import { HERE, type RunningProgram, startProgram } from "../support/program.ts";
import { findRuntime, ROOT } from "../support/runtimes.ts";
import { withSysfs } from "../support/sysfs_tree.ts";
import { skip, test } from "../support/test.ts";

const { cpus, source } = allowedCpus();
const onLinux = process.platform === "linux" && source === "affinity"
  ? test
  : (name: string) => skip(name, "needs Linux");
const needsTwoCpus = cpus.length > 1
  ? onLinux
  : (name: string) => skip(name, "needs two CPUs");

/** What a program of this test prints: the CPUs of the main thread and of each worker. */
interface Threads {
  readonly main: number[];
  readonly workers: number[][];
}

/** Programs that run until the test ends them. */
class Programs {
  readonly folder = mkdtempSync(`${tmpdir()}/loom-reservations-`);
  readonly #running: RunningProgram[] = [];

  /** Starts a program; resolves when it has its CPUs. */
  async start(
    name: string,
    ...args: string[]
  ): Promise<RunningProgram & { readonly threads: Threads }> {
    const program = startProgram(name, args, {
      env: { [FOLDER_VARIABLE]: this.folder },
    });
    this.#running.push(program);
    const line = await program.firstLine;
    assert.ok(line.startsWith("{"), `${line}\n`);
    return { ...program, threads: JSON.parse(line) };
  }

  /** Ends a program as a crash does; resolves with what it wrote to stderr. */
  async kill(program: RunningProgram): Promise<string> {
    process.kill(program.pid, "SIGKILL");
    this.#running.splice(
      this.#running.findIndex(({ pid }) => pid === program.pid),
      1,
    );
    return (await program.end).stderr;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    for (const program of [...this.#running]) await this.kill(program);
    rmSync(this.folder, { recursive: true });
  }
}

/** How many threads each CPU has, for all CPUs of the machine. */
function loads(all: readonly Threads[], machineCpus: readonly number[]) {
  const used = all.flatMap(({ main, workers }) => [main, ...workers]).flat();
  return machineCpus.map((cpu) => used.filter((other) => other === cpu).length);
}

function workersOn(all: readonly Threads[], machineCpus: readonly number[]) {
  return loads(all.map(({ workers }) => ({ main: [], workers })), machineCpus);
}

function spread(counts: readonly number[]): number {
  return Math.max(...counts) - Math.min(...counts);
}

needsTwoCpus(
  "Four programs are spread evenly, and a killed one leaves its CPUs to the next",
  async () => {
    await using programs = new Programs();
    const four = await Promise.all(
      [1, 2, 3, 4].map(() => programs.start("reserves.ts")),
    );
    const threads = four.map((program) => program.threads);
    assert.ok(spread(loads(threads, cpus)) <= 1, JSON.stringify(threads));
    assert.ok(spread(workersOn(threads, cpus)) <= 1, JSON.stringify(threads));
    await programs.kill(four[0]);
    const fifth = await programs.start("reserves.ts");
    const after = [...threads.slice(1), fifth.threads];
    assert.ok(spread(loads(after, cpus)) <= 1, JSON.stringify(after));
    assert.ok(spread(workersOn(after, cpus)) <= 1, JSON.stringify(after));
  },
);

onLinux(
  "On eight CPUs, four programs share none, and a killed one frees its own",
  async () => {
    const eight = Array.from({ length: 8 }, (_, cpu) => cpu);
    const sketch = {
      cpus: eight.map((cpu) => ({ cpu, core: cpu, package: 0, node: 0 })),
    };
    await using programs = new Programs();
    await withSysfs(sketch, async (folder) => {
      const start = () => programs.start("plans_on_eight.ts", folder);
      const four = await Promise.all([start(), start(), start(), start()]);
      const threads = four.map((program) => program.threads);
      assert.deepEqual(loads(threads, eight), Array(8).fill(1));
      await programs.kill(four[2]);
      const { threads: next } = await start();
      assert.deepEqual(next, threads[2]);
    });
  },
);

needsTwoCpus(
  "A program that shares CPUs warns once, with the names of the others",
  async () => {
    await using programs = new Programs();
    const first = await programs.start("reserves.ts");
    const second = await programs.start("reserves.ts", "2");
    const third = await programs.start("reserves.ts", "1", "no-reserve");
    if (cpus.length === 2) {
      // With all CPUs taken, each role goes where the other one is.
      assert.deepEqual(second.threads.main, first.threads.workers[0]);
      assert.deepEqual(second.threads.workers[0], first.threads.main);
      assert.deepEqual(third.threads, first.threads);
    }
    assert.equal(await programs.kill(third), "");
    const warning = await programs.kill(second);
    const used = [first.threads.main, ...first.threads.workers].flat();
    const shared = [second.threads.main, ...second.threads.workers].flat()
      .some((cpu) => used.includes(cpu));
    assert.equal(warning.split("threads share CPU").length, shared ? 2 : 1);
    if (shared) {
      assert.match(
        warning,
        new RegExp(`reserves.ts.* \\(process ${first.pid}\\)`),
      );
    }
    assert.equal(await programs.kill(first), "");
  },
);

needsTwoCpus("Runtimes of one process prefer different CPUs", async () => {
  await using programs = new Programs();
  const { threads } = await programs.start("reserves.ts", "2");
  assert.ok(spread(workersOn([threads], cpus)) <= 1, JSON.stringify(threads));
});

onLinux(
  "doctor shows who has reserved which CPU, and why nobody can",
  async () => {
    await using programs = new Programs();
    const { pid, threads } = await programs.start("reserves.ts");
    const [cpu] = threads.workers[0];
    const shown = doctor(programs.folder);
    assert.match(
      shown,
      new RegExp(`CPU ${cpu} by .*reserves.ts.* \\(process ${pid}\\)`),
    );
    assert.ok(shown.includes(`${programs.folder}/loom/cpus`), shown);
    const nowhere = doctor("/proc/nowhere");
    assert.match(
      nowhere,
      /warning +reserved CPUs +programs cannot share out CPUs: Cannot open/,
    );
  },
);

function doctor(folder: string): string {
  const flags = HERE === "Deno"
    ? ["run", "--no-check", "--allow-all"]
    : ["run"];
  const child = spawnSync(
    findRuntime(HERE),
    [...flags, `${ROOT}/lib/cli/main.ts`, "doctor"],
    {
      encoding: "utf8",
      env: { ...process.env, NO_COLOR: "1", [FOLDER_VARIABLE]: folder },
    },
  );
  return child.stdout + child.stderr;
}

onLinux(
  "A seat is taken once, also by another open file of this process",
  () => {
    const folder = mkdtempSync(`${tmpdir()}/loom-seats-`);
    const open = () =>
      SeatFile.open([`${folder}/missing/deep`, folder]) as SeatFile;
    const [one, other] = [open(), open()];
    const thread = { cpu: 3, role: "compute", processId: 7 } as const;
    assert.ok(one.tryBeginChoice());
    assert.ok(!other.tryBeginChoice());
    one.endChoice();
    assert.ok(other.tryBeginChoice());
    other.endChoice();
    const seats = [
      one.take(thread),
      one.take({ ...thread, role: "async" }),
      other.take(thread),
    ];
    assert.equal(new Set(seats.map((seat) => seat?.start)).size, 3);
    assert.equal(other.seated(8).length, 2);
    assert.equal(other.seated(3).length, 0);
    assert.deepEqual(one.seated(8), [thread]);
    one.giveBack(seats[0]!);
    assert.deepEqual(other.seated(8), [{ ...thread, role: "async" }]);
    one.close();
    assert.deepEqual(other.seated(8), []);
    other.close();
    rmSync(folder, { recursive: true });
  },
);
