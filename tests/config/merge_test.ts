import assert from "node:assert/strict";
import { join } from "node:path";
import { InvalidConfigError } from "../../lib/errors.ts";
import { readCode } from "../../lib/config/code.ts";
import { readEnvironment } from "../../lib/config/env.ts";
import { formatExplain } from "../../lib/config/explain.ts";
import { readConfigFile } from "../../lib/config/file.ts";
import { readFlags } from "../../lib/config/flags.ts";
import type { Layer } from "../../lib/config/layer.ts";
import { loadConfig } from "../../lib/config/load.ts";
import { LoomArgs } from "../../lib/config/loom_args.ts";
import { resolveConfig } from "../../lib/config/merge.ts";
import { CALLER_SPIN_US, WORKER_SPIN_US } from "../../lib/config/schema.ts";
import { planRuntime } from "../../lib/planning.ts";
import { test } from "../support/test.ts";
import { messageOf, withFiles } from "./config_file.ts";

const DEFAULTS = {
  prefix: "loom",
  cpuset: undefined,
  cpusetPolicy: "require",
  asyncThreads: 1,
  computeThreads: undefined,
  pinThreads: true,
  reserve: true,
  computePoolSize: 1024,
  maxPayloadBytes: 268_435_456,
  cudaDevice: undefined,
  coreKind: "any",
  workerSpinUs: undefined,
  callerSpinUs: undefined,
  cancelGraceMs: 1000,
  workerHeapMb: undefined,
  maxQueuedCalls: undefined,
  callsPerWorker: undefined,
  recycleCalls: undefined,
  recycleHeapMb: undefined,
  hints: true,
  observe: false,
  observeHttp: undefined,
  adaptive: undefined,
  calibration: undefined,
};

/** Files of loom-rs 0.5, by format. */
const LOOM_RS_FILES = {
  toml: `\
tokio_threads = 2
compute_pool_size = 8
tokio_flavor = "multi_thread"
mab_knobs.k_starve = 0.15

[calibration]
enabled = true
sample_count = 500
`,
  yaml: `\
tokio_threads: 2
compute_pool_size: 8
tokio_flavor: multi_thread
mab_knobs: { k_starve: 0.15, enable_strikes: true }
calibration:
  enabled: true
`,
  json: `{
  "tokio_threads": 2,
  "compute_pool_size": 8,
  "tokio_flavor": "current_thread",
  "mab_knobs": { "k_starve": 0.15, "measured_offload_overhead_us": null },
  "calibration": null
}`,
};

/** What the tables of those files mean. */
const LOOM_RS_TABLES = {
  toml: {
    adaptive: { pressureCost: 0.15 },
    calibration: { enabled: true, calls: 500 },
  },
  yaml: {
    adaptive: { pressureCost: 0.15, strikes: true },
    calibration: { enabled: true },
  },
  json: { adaptive: { pressureCost: 0.15 }, calibration: {} },
};

/** Every order of a list. */
function permutations<T>(items: readonly T[]): T[][] {
  return items.length === 0
    ? [[]]
    : items.flatMap((item, index) =>
      permutations(items.toSpliced(index, 1)).map((rest) => [item, ...rest])
    );
}

test("resolveConfig() without layers returns the frozen defaults", () => {
  const { config, notes } = resolveConfig([]);
  assert.deepEqual(config, DEFAULTS);
  assert.ok(Object.isFrozen(config));
  assert.deepEqual(notes, []);
});

test("defaults < files < environment < code < flags, in any order of layers", async () => {
  await withFiles({ "a.toml": 'prefix = "file"' }, async (folder) => {
    const layers: Layer[] = [
      await readConfigFile(join(folder, "a.toml")),
      readEnvironment("LOOM", { LOOM_PREFIX: "env" }),
      readCode({ prefix: "code" }),
      readFlags(["--loom-prefix", "flags"]).layer,
    ];
    for (let count = 0; count <= layers.length; count++) {
      const expected = ["loom", "file", "env", "code", "flags"][count];
      for (const order of permutations(layers.slice(0, count))) {
        assert.equal(resolveConfig(order).config.prefix, expected);
      }
    }
  });
});

test("A later file overrides an earlier one key by key, and files of flags come last", async () => {
  const files = {
    "a.toml": 'prefix = "a"\ncpuset = "0"\ntokio_threads = 2',
    "b.yaml": "prefix: b\ncpuset: 0-1",
    "c.json": '{ "prefix": "c" }',
  };
  await withFiles(files, async (folder) => {
    const at = (name: string) => join(folder, name);
    const { config } = await loadConfig({
      args: LoomArgs.parse(["--loom-config", at("c.json")]),
      files: [{ path: at("a.toml") }, { path: at("b.yaml") }],
    });
    assert.deepEqual(config, {
      ...DEFAULTS,
      prefix: "c",
      cpuset: "0-1",
      asyncThreads: 2,
    });
  });
});

test("A loom-rs name overrides loom's own name from an earlier source", () => {
  const { config } = resolveConfig([
    readEnvironment("LOOM", { LOOM_COMPUTE_THREADS: "2" }),
    readFlags(["--loom-rayon-threads=3"]).layer,
  ]);
  assert.equal(config.computeThreads, 3);
});

test("A config file of loom-rs works unchanged", async () => {
  const path = new URL("../fixtures/config/loom_rs.toml", import.meta.url);
  const { config } = await loadConfig({ files: [{ path }] });
  assert.deepEqual(config, {
    ...DEFAULTS,
    prefix: "myapp",
    cpuset: "0-7,16-23",
    asyncThreads: 2,
    computeThreads: 6,
  });
});

for (const [format, text] of Object.entries(LOOM_RS_FILES)) {
  test(`A file of loom-rs is understood, and a note says what has no meaning: ${format}`, async () => {
    await withFiles({ [`loom.${format}`]: text }, async (folder) => {
      const path = join(folder, `loom.${format}`);
      const { config, notes } = await loadConfig({ files: [{ path }] });
      assert.deepEqual(config, {
        ...DEFAULTS,
        asyncThreads: 2,
        computePoolSize: 8,
        ...LOOM_RS_TABLES[format as keyof typeof LOOM_RS_TABLES],
      });
      assert.deepEqual(notes, [
        `${path}: settings of loom-rs without a meaning here: ` +
        "tokio_flavor (an event loop has one thread, and async_threads is their number)",
      ]);
    });
  });
}

test("A file may start with a byte order mark and name its schema", async () => {
  const text = '\ufeff{ "$schema": "./loom.schema.json", "prefix": "x" }';
  await withFiles({ "loom.json": text }, async (folder) => {
    const layer = await readConfigFile(join(folder, "loom.json"));
    assert.equal(resolveConfig([layer]).config.prefix, "x");
  });
});

test("A missing optional file is ignored", async () => {
  const { config, notes } = await loadConfig({
    files: [{ path: "/nowhere/loom.toml", optional: true }],
  });
  assert.deepEqual([config, notes], [DEFAULTS, []]);
});

test("explain() returns the value, the origin and the overridden values of each key", async () => {
  await withFiles(
    { "loom.toml": 'prefix = "x"\ncompute_threads = 4' },
    async (folder) => {
      const resolved = await loadConfig({
        files: [{ path: join(folder, "loom.toml") }],
        envPrefix: "APP",
        environment: { APP_COMPUTE_THREADS: "3" },
        code: { pinThreads: "require" },
        args: LoomArgs.parse(["--loom-compute-threads=1"]),
      });
      const explained = resolved.explain();
      assert.deepEqual(
        explained.map(({ key, value }) => [key, value]),
        Object.entries(resolved.config),
      );
      const shown = formatExplain(explained).replaceAll(`${folder}/`, "");
      assert.equal(
        shown,
        `\
prefix             "x"                                 file loom.toml:1:1
cpuset             (all allowed CPUs)                  default
cpuset_policy      "require"                           default
async_threads      1                                   default
compute_threads    1                                   flags --loom-compute-threads, over 3 from env APP_COMPUTE_THREADS, 4 from file loom.toml:2:1
pin_threads        "require"                           code .pinThreads()
reserve            true                                default
compute_pool_size  1024                                default
max_payload_bytes  268435456                           default
cuda_device        (none)                              default
core_kind          "any"                               default
worker_spin_us     (100; 0 if threads outnumber CPUs)  default
caller_spin_us     (20; 0 if threads outnumber CPUs)   default
cancel_grace_ms    1000                                default
worker_heap_mb     (the runtime's own)                 default
max_queued_calls   (no limit)                          default
calls_per_worker   (no limit)                          default
recycle_calls      (never)                             default
recycle_heap_mb    (never)                             default
hints              true                                default
observe            false                               default
observe_http       (none)                              default
adaptive           (see the guide)                     default
calibration        (not at the start)                  default`,
      );
    },
  );
});

test("The default spin windows in help text are those of a plan", () => {
  const spinOn = (cpus: number[]) =>
    planRuntime(
      resolveConfig([readCode({ computeThreads: 1, pinThreads: false })]),
      {
        allowed: { cpus, source: "affinity" },
      },
    ).spin;
  assert.deepEqual(spinOn([0, 1]), {
    workerUs: WORKER_SPIN_US,
    callerUs: CALLER_SPIN_US,
    fillsCpus: true,
  });
  assert.ok(!spinOn([0, 1, 2]).fillsCpus);
  assert.deepEqual(
    spinOn([0]),
    { workerUs: 0, callerUs: 0, fillsCpus: false },
  );
});

test("One error reports the problems of all sources", async () => {
  const files = {
    "a.toml": 'compute_threads = "many"\nprefx = "x"',
    "b.json": "[",
  };
  await withFiles(files, async (folder) => {
    await assert.rejects(
      () =>
        loadConfig({
          files: ["a.toml", "b.json", "c.yaml"].map((name) => ({
            path: join(folder, name),
          })),
          envPrefix: "LOOM",
          environment: { LOOM_CPUSET: "0-", LOOM_ASYNC_THREADS: "0" },
          code: { computePoolSize: 0 },
          args: LoomArgs.parse(["--loom-cpu-set", "--loom-pin-threads=maybe"]),
        }),
      (error) => {
        assert.ok(error instanceof InvalidConfigError);
        assert.equal(
          messageOf(error, folder),
          `\
Cannot use the configuration: 9 problems
  Cannot read config a.toml: compute_threads must be a positive integer, got "many" (line 1, column 1)
  Cannot read config a.toml: unknown key "prefx", did you mean prefix? (line 2, column 1)
  Cannot read config b.json: not valid JSON: it needs double quotes and allows no comments or trailing commas (line 1, column 2)
  Cannot read config c.yaml: there is no such file; pass { optional: true } if it may be missing
  Cannot read environment: LOOM_CPUSET must be a list of CPUs, got "0-": the range after CPU 0 has no end (position 3)
  Cannot read environment: LOOM_ASYNC_THREADS must be a positive integer, got "0"
  Cannot use settings from code: computePoolSize must be an integer from 1 to 32768, got 0
  Cannot read flags: unknown flag "--loom-cpu-set", did you mean --loom-cpuset?
  Cannot read flags: --loom-pin-threads must be true, false, "workers" or "require", got "maybe"`,
        );
        return true;
      },
    );
  });
});
