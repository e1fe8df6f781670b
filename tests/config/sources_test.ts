import assert from "node:assert/strict";
import { join } from "node:path";
import { type CodeOptions, readCode } from "../../lib/config/code.ts";
import { readEnvironment } from "../../lib/config/env.ts";
import { readConfigFile } from "../../lib/config/file.ts";
import { readFlags } from "../../lib/config/flags.ts";
import type { Layer } from "../../lib/config/layer.ts";
import { CONFIG_KEYS, type ConfigKey } from "../../lib/config/schema.ts";
import { test } from "../support/test.ts";
import { withFiles } from "./config_file.ts";

/** One setting as each source writes it, and the value. */
interface Case {
  readonly key: ConfigKey;
  readonly value: unknown;
  readonly toml: string;
  readonly yaml: string;
  readonly json: string;
  readonly env: readonly [name: string, text: string];
  readonly code: CodeOptions;
  readonly flags: readonly string[];
}

const GPU = "GPU-8932f937-d72c-4106-c12f-20bd9faed9f6";

const CASES: readonly Case[] = [
  {
    key: "prefix",
    value: "my app",
    toml: 'prefix = "my app"',
    yaml: "prefix: my app",
    json: '"prefix": "my app"',
    env: ["LOOM_PREFIX", "my app"],
    code: { prefix: "my app" },
    flags: ["--loom-prefix", "my app"],
  },
  {
    key: "cpuset",
    value: "0-3,8",
    toml: 'cpuset = "8, 0-3"',
    yaml: "cpuset: 0-3,8",
    json: '"cpuset": "0,1,2,3,8"',
    env: ["LOOM_CPUSET", "0-3,8"],
    code: { cpuset: "0-3,8" },
    flags: ["--loom-cpuset=0-3,8"],
  },
  {
    key: "cpuset",
    value: "5",
    toml: "cpuset = 5",
    yaml: "cpuset: 5",
    json: '"cpuset": 5',
    env: ["LOOM_CPUSET", " 5 "],
    code: { cpuset: "5" },
    flags: ["--loom-cpuset", "5"],
  },
  {
    key: "asyncThreads",
    value: 2,
    toml: "async_threads = 2",
    yaml: "async_threads: 2",
    json: '"async_threads": 2',
    env: ["LOOM_ASYNC_THREADS", "2"],
    code: { asyncThreads: 2 },
    flags: ["--loom-async-threads", "2"],
  },
  {
    key: "asyncThreads",
    value: 3,
    toml: "tokio_threads = 3",
    yaml: "tokio_threads: 3",
    json: '"tokio_threads": 3',
    env: ["LOOM_TOKIO_THREADS", "3"],
    code: { tokioThreads: 3 },
    flags: ["--loom-tokio-threads=3"],
  },
  {
    key: "computeThreads",
    value: 6,
    toml: "compute_threads = 6",
    yaml: "compute_threads: 6",
    json: '"compute_threads": 6',
    env: ["LOOM_COMPUTE_THREADS", "6"],
    code: { computeThreads: 6 },
    flags: ["--loom-compute-threads=6"],
  },
  {
    key: "computeThreads",
    value: 7,
    toml: "rayon_threads = 7",
    yaml: "rayon_threads: 7",
    json: '"rayon_threads": 7',
    env: ["LOOM_RAYON_THREADS", "7"],
    code: { rayonThreads: 7 },
    flags: ["--loom-rayon-threads", "7"],
  },
  {
    key: "pinThreads",
    value: false,
    toml: "pin_threads = false",
    yaml: "pin_threads: false",
    json: '"pin_threads": false',
    env: ["LOOM_PIN_THREADS", "off"],
    code: { pinThreads: false },
    flags: ["--no-loom-pin-threads"],
  },
  {
    key: "pinThreads",
    value: true,
    toml: "pin_threads = true",
    yaml: "pin_threads: true",
    json: '"pin_threads": true',
    env: ["LOOM_PIN_THREADS", "1"],
    code: { pinThreads: true },
    flags: ["--loom-pin-threads"],
  },
  ...["workers", "require"].map((word) => ({
    key: "pinThreads" as const,
    value: word,
    toml: `pin_threads = "${word}"`,
    yaml: `pin_threads: ${word}`,
    json: `"pin_threads": "${word}"`,
    env: ["LOOM_PIN_THREADS", word] as [string, string],
    code: { pinThreads: word as "workers" | "require" },
    flags: [`--loom-pin-threads=${word}`],
  })),
  {
    key: "computePoolSize",
    value: 256,
    toml: "compute_pool_size = 256",
    yaml: "compute_pool_size: 256",
    json: '"compute_pool_size": 256',
    env: ["LOOM_COMPUTE_POOL_SIZE", "256"],
    code: { computePoolSize: 256 },
    flags: ["--loom-compute-pool-size", "256"],
  },
  {
    key: "maxPayloadBytes",
    value: 64 * 1024 * 1024,
    toml: 'max_payload_bytes = "64MiB"',
    yaml: "max_payload_bytes: 64 MiB",
    json: '"max_payload_bytes": 67108864',
    env: ["LOOM_MAX_PAYLOAD_BYTES", "65536kib"],
    code: { maxPayloadBytes: 67_108_864 },
    flags: ["--loom-max-payload-bytes", "0.0625GiB"],
  },
  {
    key: "cudaDevice",
    value: 1,
    toml: "cuda_device = 1",
    yaml: 'cuda_device: "1"',
    json: '"cuda_device": 1',
    env: ["LOOM_CUDA_DEVICE", "1"],
    code: { cudaDevice: 1 },
    flags: ["--loom-cuda-device", "1"],
  },
  {
    key: "cudaDevice",
    value: GPU,
    toml: `cuda_device = "${GPU}"`,
    yaml: `cuda_device: ${GPU}`,
    json: `"cuda_device": "${GPU}"`,
    env: ["LOOM_CUDA_DEVICE", GPU],
    code: { cudaDevice: GPU },
    flags: ["--loom-cuda-device", GPU],
  },
  {
    key: "cpusetPolicy",
    value: "intersect",
    toml: 'cpuset_policy = "intersect"',
    yaml: "cpuset_policy: intersect",
    json: '"cpuset_policy": "intersect"',
    env: ["LOOM_CPUSET_POLICY", "Intersect"],
    code: { cpusetPolicy: "intersect" },
    flags: ["--loom-cpuset-policy", "intersect"],
  },
  {
    key: "reserve",
    value: false,
    toml: "reserve = false",
    yaml: "reserve: false",
    json: '"reserve": false',
    env: ["LOOM_RESERVE", "No"],
    code: { reserve: false },
    flags: ["--loom-reserve", "off"],
  },
  {
    key: "coreKind",
    value: "performance",
    toml: 'core_kind = "performance"',
    yaml: "core_kind: performance",
    json: '"core_kind": "performance"',
    env: ["LOOM_CORE_KIND", "Performance"],
    code: { coreKind: "performance" },
    flags: ["--loom-core-kind", "performance"],
  },
  {
    key: "workerSpinUs",
    value: 0,
    toml: "worker_spin_us = 0",
    yaml: "worker_spin_us: 0",
    json: '"worker_spin_us": 0',
    env: ["LOOM_WORKER_SPIN_US", "0"],
    code: { workerSpinUs: 0 },
    flags: ["--loom-worker-spin-us=0"],
  },
  {
    key: "callerSpinUs",
    value: 2.5,
    toml: "caller_spin_us = 2.5",
    yaml: "caller_spin_us: 2.5",
    json: '"caller_spin_us": 2.5',
    env: ["LOOM_CALLER_SPIN_US", "2.5"],
    code: { callerSpinUs: 2.5 },
    flags: ["--loom-caller-spin-us", "2.5"],
  },
  {
    key: "cancelGraceMs",
    value: 250,
    toml: "cancel_grace_ms = 250",
    yaml: "cancel_grace_ms: 250",
    json: '"cancel_grace_ms": 250',
    env: ["LOOM_CANCEL_GRACE_MS", "250"],
    code: { cancelGraceMs: 250 },
    flags: ["--loom-cancel-grace-ms", "250"],
  },
  {
    key: "workerHeapMb",
    value: 512,
    toml: "worker_heap_mb = 512",
    yaml: "worker_heap_mb: 512",
    json: '"worker_heap_mb": 512',
    env: ["LOOM_WORKER_HEAP_MB", "512"],
    code: { workerHeapMb: 512 },
    flags: ["--loom-worker-heap-mb", "512"],
  },
  {
    key: "maxQueuedCalls",
    value: 0,
    toml: "max_queued_calls = 0",
    yaml: "max_queued_calls: 0",
    json: '"max_queued_calls": 0',
    env: ["LOOM_MAX_QUEUED_CALLS", "0"],
    code: { maxQueuedCalls: 0 },
    flags: ["--loom-max-queued-calls=0"],
  },
  {
    key: "callsPerWorker",
    value: 4,
    toml: "calls_per_worker = 4",
    yaml: "calls_per_worker: 4",
    json: '"calls_per_worker": 4',
    env: ["LOOM_CALLS_PER_WORKER", "4"],
    code: { callsPerWorker: 4 },
    flags: ["--loom-calls-per-worker", "4"],
  },
  {
    key: "recycleCalls",
    value: 5000,
    toml: "recycle_calls = 5000",
    yaml: "recycle_calls: 5000",
    json: '"recycle_calls": 5000',
    env: ["LOOM_RECYCLE_CALLS", "5000"],
    code: { recycleCalls: 5000 },
    flags: ["--loom-recycle-calls", "5000"],
  },
  {
    key: "recycleHeapMb",
    value: 256,
    toml: "recycle_heap_mb = 256",
    yaml: "recycle_heap_mb: 256",
    json: '"recycle_heap_mb": 256',
    env: ["LOOM_RECYCLE_HEAP_MB", "256"],
    code: { recycleHeapMb: 256 },
    flags: ["--loom-recycle-heap-mb", "256"],
  },
  {
    key: "hints",
    value: false,
    toml: "hints = false",
    yaml: "hints: false",
    json: '"hints": false',
    env: ["LOOM_HINTS", "false"],
    code: { hints: false },
    flags: ["--loom-hints=false"],
  },
  {
    key: "observe",
    value: true,
    toml: "observe = true",
    yaml: "observe: true",
    json: '"observe": true',
    env: ["LOOM_OBSERVE", "1"],
    code: { observe: true },
    flags: ["--loom-observe"],
  },
  {
    key: "observe",
    value: "/run/myapp.sock",
    toml: 'observe = "/run/myapp.sock"',
    yaml: "observe: /run/myapp.sock",
    json: '"observe": "/run/myapp.sock"',
    env: ["LOOM_OBSERVE", "/run/myapp.sock"],
    code: { observe: "/run/myapp.sock" },
    flags: ["--loom-observe=/run/myapp.sock"],
  },
  {
    key: "observe",
    value: false,
    toml: "observe = false",
    yaml: "observe: false",
    json: '"observe": false',
    env: ["LOOM_OBSERVE", "no"],
    code: { observe: false },
    flags: ["--no-loom-observe"],
  },
  {
    key: "observeHttp",
    value: "127.0.0.1:9000",
    toml: 'observe_http = "127.0.0.1:9000"',
    yaml: "observe_http: 127.0.0.1:9000",
    json: '"observe_http": "127.0.0.1:9000"',
    env: ["LOOM_OBSERVE_HTTP", "127.0.0.1:9000"],
    code: { observeHttp: "127.0.0.1:9000" },
    flags: ["--loom-observe-http", "127.0.0.1:9000"],
  },
  {
    key: "adaptive",
    value: { maxInlineUs: 100, strikes: false },
    toml: "adaptive = { max_inline_us = 100, strikes = false }",
    yaml: "mab_knobs: { t_block_hard_us: 100, enable_strikes: false }",
    json:
      '"adaptive": { "max_inline_us": 100, "strikes": false, "send_us": null }',
    env: ["LOOM_MAB_KNOBS", "t_block_hard_us=100, strikes=off"],
    code: { adaptive: { maxInlineUs: 100, strikes: false } },
    flags: ["--loom-adaptive", "max_inline_us=100,strikes=false"],
  },
  {
    key: "calibration",
    value: { enabled: true, calls: 50 },
    toml: "calibration = { enabled = true, sample_count = 50 }",
    yaml: "calibration: { enabled: true, calls: 50 }",
    json: '"calibration": { "enabled": true, "calls": 50 }',
    env: ["LOOM_CALIBRATION", "enabled=true,calls=50"],
    code: { calibration: { enabled: true, calls: 50 } },
    flags: ["--loom-calibration=enabled=yes,sample_count=50"],
  },
];

test("CASES has a case for every setting", () => {
  assert.deepEqual(new Set(CASES.map(({ key }) => key)), new Set(CONFIG_KEYS));
});

for (const { key, value, ...sources } of CASES) {
  const name = `${key} = ${JSON.stringify(value)}`;

  for (const format of ["toml", "yaml", "json"] as const) {
    test(`readConfigFile() reads ${name} from ${format}`, async () => {
      const text = format === "json"
        ? `{ ${sources.json} }`
        : `# a comment\n${sources[format]}\n`;
      await withFiles({ [`loom.${format}`]: text }, async (folder) => {
        const path = join(folder, `loom.${format}`);
        const position = format === "json" ? "1:3" : "2:1";
        const layer = await readConfigFile(path);
        assertOnly(layer, key, value, `${path}:${position}`);
      });
    });
  }

  test(`readEnvironment() reads ${name}`, () => {
    const [variable, text] = sources.env;
    const layer = readEnvironment("LOOM", { [variable]: text, HOME: "/" });
    assertOnly(layer, key, value, variable);
  });

  test(`readCode() reads ${name}`, () => {
    const method = `.${Object.keys(sources.code)[0]}()`;
    assertOnly(readCode(sources.code), key, value, method);
  });

  test(`readFlags() reads ${name}`, () => {
    const { layer, rest } = readFlags(sources.flags);
    assertOnly(layer, key, value, sources.flags[0].split("=")[0]);
    assert.deepEqual(rest, []);
  });
}

function assertOnly(
  layer: Layer,
  key: ConfigKey,
  value: unknown,
  originName: string,
): void {
  assert.deepEqual(layer.problems, []);
  const origin = { source: layer.source, name: originName };
  assert.deepEqual(layer.entries, [{ key, value, origin }]);
}
