/**
 * Lets child processes and Workers start with all CPUs, although the thread that starts them
 * is pinned.
 *
 * The kernel hands the mask of the starting thread on, so the mask must be wide at that
 * moment; a process such as `nproc` reads it at once. Neither Deno nor Bun has an event for
 * it. So this replaces the functions that start them for as long as the thread is pinned. On
 * Deno, `spawnSync` and its relatives cannot be replaced where a module has imported them by
 * name from `node:child_process`.
 *
 * @module
 */

import process from "node:process";
import { endUnpinned, startUnpinned } from "./thread_mask.ts";

/** A function of the JavaScript runtime. */
// deno-lint-ignore no-explicit-any -- it is only passed on
type AnyFunction = (this: any, ...args: any[]) => any;

/** An object with functions to replace. */
type Target = Record<string, AnyFunction | undefined>;

/** Objects and the functions of theirs that start processes. */
type Starters = readonly (readonly [
  object: object | undefined,
  names: readonly string[],
])[];

/** The parts of the runtimes' namespaces used here. */
interface Runtimes {
  readonly Deno?: { readonly Command?: { readonly prototype: object } };
  readonly Bun?: { readonly $: (text: TemplateStringsArray) => object };
}

/** The parts of `node:child_process` used here. */
interface ChildProcesses {
  readonly ChildProcess: { readonly prototype: object };
}

/** The part of a Worker of `node:worker_threads` used here. */
interface StartedWorker {
  readonly threadName?: string | null;
  once?(event: "online", listener: () => void): void;
}

/**
 * From now on, what this thread starts may use `cpus`.
 *
 * @param workerStarted Called after a Worker of `node:worker_threads` was started, with the
 *   name of its thread. Its class cannot be replaced, so it has inherited the mask.
 * @returns A function that restores everything.
 */
export function unpinStarts(
  cpus: readonly number[],
  workerStarted: (name: string) => void = () => {},
): () => void {
  const restore = startersHere().flatMap(([object, names]) =>
    object === undefined
      ? []
      : names.map((name) =>
        replace(object as Target, name, (original) =>
          function (...args) {
            return startUnpinned(cpus, () => original.apply(this, args));
          })
      )
  );
  restore.push(replaceWorker(cpus), replaceShell(cpus));
  const onWorker = (worker: StartedWorker) => {
    const started = () => workerStarted(worker.threadName ?? "");
    // On Bun its thread has no name yet; on Deno it is online before this event.
    started();
    worker.once?.("online", started);
  };
  process.on("worker", onWorker);
  return () => {
    process.off("worker", onWorker);
    for (const restoreOne of restore) restoreOne();
  };
}

/** Loads the modules whose functions will be replaced, so that the replacement is quick. */
export function prepareUnpinStarts(): void {
  startersHere();
}

/** Bun's own functions are also what its `node:child_process` calls. */
function startersHere(): Starters {
  const { Deno, Bun } = globalThis as unknown as Runtimes;
  if (Bun !== undefined) return [[Bun, ["spawn", "spawnSync"]]];
  const processes = process.getBuiltinModule(
    "node:child_process",
  ) as unknown as ChildProcesses | undefined;
  return [
    [Deno?.Command?.prototype, ["spawn", "output", "outputSync"]],
    [processes?.ChildProcess.prototype, ["spawn"]],
    // For CommonJS modules, and for `import childProcess from "node:child_process"`.
    [processes, ["spawnSync", "execSync", "execFileSync"]],
  ];
}

/**
 * Bun's shell starts the first process of a command when its promise is awaited, and more of
 * them later, so the thread is unpinned until the promise is settled.
 */
function replaceShell(cpus: readonly number[]): () => void {
  const { Bun } = globalThis as unknown as Runtimes;
  if (Bun === undefined) return () => {};
  const text = Object.assign([""], { raw: [""] });
  const command = Bun.$(text as unknown as TemplateStringsArray);
  const prototype = Object.getPrototypeOf(command) as Target;
  return replace(
    prototype,
    "then",
    (original) =>
      function (this: Promise<unknown>, ...args) {
        // Not the replaced function. The caller handles a rejection.
        Promise.prototype.then.call(this, endUnpinned, endUnpinned);
        return startUnpinned(
          cpus,
          () => original.apply(this, args),
          () => true,
        );
      },
  );
}

function replaceWorker(cpus: readonly number[]): () => void {
  const scope = globalThis as unknown as Target;
  return replace(scope, "Worker", (original) =>
    new Proxy(original, {
      construct: (target, args, newTarget) =>
        startUnpinned(cpus, () => Reflect.construct(target, args, newTarget)),
    }));
}

/** Replaces a function; the result restores it, unless others have replaced it again. */
function replace(
  object: Target,
  name: string,
  wrap: (original: AnyFunction) => AnyFunction,
): () => void {
  const original = object[name];
  if (typeof original !== "function") return () => {};
  const replacement = wrap(original);
  try {
    object[name] = replacement;
  } catch {
    // A frozen object: what it starts inherits the mask until a search finds it.
    return () => {};
  }
  return () => {
    if (object[name] === replacement) object[name] = original;
  };
}
