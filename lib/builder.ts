/**
 * Collects settings and builds a runtime from them.
 *
 * @module
 */

import type { AdaptiveConfig } from "./adaptive/settings.ts";
import type { CalibrationConfig } from "./config/adaptive_type.ts";
import type { CodeOptions } from "./config/code.ts";
import type { ConfigFile, ConfigFileOptions } from "./config/file.ts";
import { LoomArgs } from "./config/loom_args.ts";
import type { ResolvedConfig } from "./config/merge.ts";
import { launch, requireMainThread } from "./launch.ts";
import type { WorkerHook, WorkerHooks } from "./pool/hooks.ts";
import { endEarlierRuntimes } from "./reload.ts";
import type { LoomRuntime } from "./runtime.ts";

/**
 * Collects settings and builds a runtime.
 *
 * Each source overrides those before it: defaults, files, environment, code, flags. The
 * order of the method calls does not matter, except between files.
 *
 * @example Usage
 * ```ts
 * import { LoomBuilder } from "@loom/runtime";
 *
 * const runtime = await new LoomBuilder()
 *   .prefix("myapp")
 *   .asyncThreads(1)
 *   .computeThreads(1)
 *   .build();
 * console.log(runtime.toString());
 * await runtime.blockUntilIdle();
 * ```
 */
export class LoomBuilder {
  #code: CodeOptions = {};
  #files: ConfigFile[] = [];
  #envPrefix: string | undefined;
  #args: LoomArgs | undefined;
  #hooks: WorkerHooks = {};

  /** The start of every thread's name; default `loom`. */
  prefix(prefix: string): this {
    return this.#set({ prefix });
  }

  /** CPUs that the runtime may use, such as `"0-3,8"`; default all that the process may use. */
  cpuset(cpuset: string): this {
    return this.#set({ cpuset });
  }

  /**
   * What happens if `cpuset` has a CPU that does not exist or that the process may not use.
   *
   * @param policy `"require"`, the default, makes it an error; `"intersect"` uses the others.
   */
  cpusetPolicy(policy: "require" | "intersect"): this {
    return this.#set({ cpusetPolicy: policy });
  }

  /** Number of event loops, the main one included; default 1. */
  asyncThreads(count: number): this {
    return this.#set({ asyncThreads: count });
  }

  /** Number of compute workers; default one for each CPU without an event loop. */
  computeThreads(count: number): this {
    return this.#set({ computeThreads: count });
  }

  /** The loom-rs name of {@linkcode LoomBuilder.asyncThreads}. */
  tokioThreads(count: number): this {
    return this.#set({ tokioThreads: count });
  }

  /** The loom-rs name of {@linkcode LoomBuilder.computeThreads}. */
  rayonThreads(count: number): this {
    return this.#set({ rayonThreads: count });
  }

  /**
   * Whether to pin threads to CPUs; default true.
   *
   * @param pin `true` pins all threads and prints one warning if one cannot be pinned.
   *   `"workers"` leaves the main thread alone, so that the kernel can move it away from
   *   other busy programs. `"require"` pins all threads, or makes
   *   {@linkcode LoomBuilder.build} reject with {@linkcode PinningError}.
   */
  pinThreads(pin: boolean | "workers" | "require"): this {
    return this.#set({ pinThreads: pin });
  }

  /**
   * Whether to reserve the CPUs of pinned threads; default true. Runtimes, of this process
   * and of other programs, prefer CPUs that no other has reserved. If there are not enough,
   * they share them evenly, and one warning names the other programs.
   */
  reserve(on: boolean): this {
    return this.#set({ reserve: on });
  }

  /**
   * Number of slots for the calls of one thread to one pool, from 1 to 32,768; default 1024.
   * It is rounded up to a power of two, to at least 16 and 4 for each compute worker. One
   * slot stays free, and calls without a slot wait for one.
   */
  computePoolSize(calls: number): this {
    return this.#set({ computePoolSize: calls });
  }

  /** The most bytes that the arguments or the result of a call may take; default 256 MiB. */
  maxPayloadBytes(bytes: number): this {
    return this.#set({ maxPayloadBytes: bytes });
  }

  /**
   * Uses only the CPUs that are local to a GPU, and that are in `cpuset` if that is set.
   *
   * @param device Index of the GPU in the order of NVML (`nvidia-smi -L`), or a UUID that
   *   begins with `GPU-` or `MIG-`.
   */
  cudaDevice(device: number | string): this {
    return this.#set({ cudaDevice: device });
  }

  /**
   * The kind of cores to use; default `"any"`, which uses efficiency cores last. If all
   * cores are of one kind, they count as performance cores.
   */
  coreKind(kind: "performance" | "efficiency" | "any"): this {
    return this.#set({ coreKind: kind });
  }

  /**
   * How long an idle worker spins before it sleeps, in microseconds; 0 never spins. Default
   * 100, or 0 if there are more threads than CPUs.
   */
  workerSpinUs(us: number): this {
    return this.#set({ workerSpinUs: us });
  }

  /**
   * How long a waiting caller spins before it sleeps, in microseconds; 0 never spins. Default
   * 20, or 0 if there are more threads than CPUs. A caller that sent large arguments spins up
   * to 200 microseconds longer, while a worker copies them.
   */
  callerSpinUs(us: number): this {
    return this.#set({ callerSpinUs: us });
  }

  /**
   * How long in milliseconds a task may go on after its call was cancelled, from 0; default
   * 1,000. Then its worker is ended and replaced. {@linkcode CallOptions.graceMs} overrides it.
   */
  cancelGraceMs(ms: number): this {
    return this.#set({ cancelGraceMs: ms });
  }

  /**
   * The limit of each worker's JavaScript heap, in MiB, from 32; default the runtime's own.
   * On Deno, a worker that reaches the limit ends and is replaced, and its calls reject with
   * {@linkcode WorkerLostError}. Bun ignores the limit, and {@linkcode LoomBuilder.build}
   * warns. Without a limit, a task that runs out of memory ends the whole process. Typed
   * arrays and other buffers do not count.
   */
  workerHeapMb(mib: number): this {
    return this.#set({ workerHeapMb: mib });
  }

  /**
   * How many calls of the main thread to the compute workers may wait until a worker has begun
   * them, and as many to the event-loop workers; default any number. A call beyond that
   * rejects with {@linkcode QueueFullError}, unless its view has `queue: "wait"`. With 0, a
   * call is accepted only if a worker is free.
   *
   * Calls that tasks make, parallel operations and streams are not limited: they belong to
   * work that was accepted, or limit themselves.
   */
  maxQueuedCalls(calls: number): this {
    return this.#set({ maxQueuedCalls: calls });
  }

  /**
   * How many asynchronous calls of the main thread a compute worker runs at once; default any
   * number. While a worker runs so many, it takes no more of them, and they wait for a worker
   * that does. Calls that tasks make are not limited, because tasks wait for them.
   */
  callsPerWorker(calls: number): this {
    return this.#set({ callsPerWorker: calls });
  }

  /**
   * Replaces a compute worker, at a moment when it has no unfinished calls, after so many
   * calls or when its heap is so large. Its successor is started and set up first.
   *
   * @param limits `calls` from 1 on; `heapMiB` is compared every 1,024 calls.
   */
  recycle(
    limits: { readonly calls?: number; readonly heapMiB?: number },
  ): this {
    return this.#set({
      ...(limits.calls === undefined ? {} : { recycleCalls: limits.calls }),
      ...(limits.heapMiB === undefined
        ? {}
        : { recycleHeapMb: limits.heapMiB }),
    });
  }

  /**
   * What decides where adaptive calls run; a setting that is left out has its default. See
   * {@linkcode LoomRuntime.spawnAdaptive}.
   */
  adaptive(settings: AdaptiveConfig): this {
    return this.#set({ adaptive: settings });
  }

  /**
   * Whether {@linkcode LoomBuilder.build} measures what a call costs, as
   * {@linkcode LoomRuntime.calibrate} does; default false.
   */
  calibrate(on: boolean | CalibrationConfig = true): this {
    const how = typeof on === "boolean" ? { enabled: on } : on;
    return this.#set({ calibration: { enabled: true, ...how } });
  }

  /**
   * Whether to print hints at mistakes that many programs make, each once, by `console.warn()`;
   * default true. `docs/errors.md` lists them.
   */
  hints(on: boolean): this {
    return this.#set({ hints: on });
  }

  /**
   * Lets tools such as `loom top` look into the runtime. See `runtime.observer` for where.
   *
   * @param at By default a Unix socket that tools find by the id of the process, and that only
   *   the same user may connect to. `socket` is another path for it; `http` is an address of
   *   this machine alone, such as `"127.0.0.1:9000"`, for browsers, which any user of the
   *   machine reaches. With `http` there is a socket only if `socket` is given, too.
   */
  observe(
    at: { readonly socket?: boolean | string; readonly http?: string } = {},
  ): this {
    const { http, socket = http === undefined } = at;
    return this.#set({
      observe: socket,
      ...(http === undefined ? {} : { observeHttp: http }),
    });
  }

  /**
   * Runs a function on each compute worker before it serves calls, also on workers that
   * replace others: to open a connection, or to load a model. `build()` waits for it.
   *
   * If the function fails, {@linkcode LoomBuilder.build} rejects; on a replacement, that
   * counts as a start that has failed. It cannot make calls of the runtime.
   *
   * @param fn A function under the rules of {@linkcode LoomRuntime.spawnCompute}; may be
   *   asynchronous.
   * @param args Its arguments, copied as by `structuredClone`.
   * @throws {DOMException} A `DataCloneError`, if an argument cannot be copied.
   *
   * @example Usage
   * ```ts
   * import { LoomBuilder } from "@loom/runtime";
   *
   * await using runtime = await new LoomBuilder()
   *   .setup((greeting: string) => {
   *     Object.assign(globalThis, { greeting });
   *   }, "hello")
   *   .build();
   * console.log(await runtime.spawnCompute(() => Reflect.get(globalThis, "greeting"))); // hello
   * ```
   */
  setup<Args extends unknown[]>(
    fn: (...args: Args) => unknown,
    ...args: Args
  ): this {
    this.#hooks = { ...this.#hooks, setup: hook(fn, args) };
    return this;
  }

  /**
   * Runs a function on each compute worker before it ends with the runtime, for at most five
   * seconds. A worker that is lost, or that is terminated because it still runs a task, does
   * not run it. If the function fails, a warning says so. It cannot make calls of the runtime.
   *
   * @param fn A function under the rules of {@linkcode LoomRuntime.spawnCompute}; may be
   *   asynchronous.
   * @param args Its arguments, copied as by `structuredClone`.
   * @throws {DOMException} A `DataCloneError`, if an argument cannot be copied.
   */
  teardown<Args extends unknown[]>(
    fn: (...args: Args) => unknown,
    ...args: Args
  ): this {
    this.#hooks = { ...this.#hooks, teardown: hook(fn, args) };
    return this;
  }

  /**
   * Reads a TOML, YAML or JSON file. A later file overrides those before it.
   *
   * @param path The file; its extension determines the format.
   */
  file(path: string | URL, options: ConfigFileOptions = {}): this {
    this.#files = [...this.#files, { path, ...options }];
    return this;
  }

  /**
   * Reads settings from environment variables.
   *
   * @param prefix The start of their names: with `LOOM`, they are `LOOM_CPUSET` and so on.
   */
  envPrefix(prefix: string): this {
    this.#envPrefix = prefix;
    return this;
  }

  /**
   * Reads `--loom-…` flags.
   *
   * @param args A command line, parsed or not; default that of the process.
   */
  withCliArgs(args: LoomArgs | readonly string[] = LoomArgs.parse()): this {
    this.#args = args instanceof LoomArgs ? args : LoomArgs.parse(args);
    return this;
  }

  /**
   * Reads and merges all sources, as {@linkcode LoomBuilder.build} does, and builds nothing.
   *
   * @throws {InvalidConfigError} If a source cannot be read or a value is invalid. The
   *   message lists every problem.
   * @throws {InvalidCpuSetError} If the only problem is that `cpuset` is malformed.
   */
  async resolve(): Promise<ResolvedConfig> {
    // Workers that import loom for a task build nothing.
    const { loadConfig } = await import("./config/load.ts");
    return await loadConfig({
      files: this.#files,
      code: this.#code,
      ...(this.#envPrefix === undefined ? {} : { envPrefix: this.#envPrefix }),
      ...(this.#args === undefined ? {} : { args: this.#args }),
    });
  }

  /**
   * Starts and pins the threads of a runtime, which becomes the current one.
   *
   * @returns The runtime, when all of its workers are ready.
   * @throws {InvalidConfigError} If a source cannot be read, a value is invalid, or no core
   *   is of the kind that `coreKind` selects. The message lists every problem.
   * @throws {InvalidCpuSetError} If `cpuset` is malformed, or the process may not use one
   *   of its CPUs; with the policy `"intersect"`, if it may use none.
   * @throws {GpuError} If the GPU of `cudaDevice`, or the CPUs near it, cannot be used.
   * @throws {InsufficientCpusError} If more threads are configured than there are CPUs to
   *   pin them to.
   * @throws {PinningError} If `pinThreads` is `"require"` and a thread cannot be pinned.
   * @throws {InvalidTaskError} If the function of `setup` or `teardown` cannot be sent.
   * @throws {LoomError} If workers cannot be started, if the function of `setup` fails, if the
   *   socket of `observe` cannot be opened, or if this thread is a worker.
   */
  async build(): Promise<LoomRuntime> {
    requireMainThread();
    await endEarlierRuntimes();
    return await launch(await this.resolve(), this.#hooks);
  }

  #set(options: CodeOptions): this {
    this.#code = { ...this.#code, ...options };
    return this;
  }
}

/** Later changes of the arguments do not reach replaced workers. */
function hook(fn: WorkerHook["fn"], args: unknown[]): WorkerHook {
  return { fn, args: structuredClone(args) };
}
