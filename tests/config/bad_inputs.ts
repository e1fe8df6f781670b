/**
 * Invalid settings from each source, with the error messages.
 *
 * @module
 */

/** A file's name, its text, and the message that follows the name. */
export const FILES:
  readonly (readonly [name: string, text: string, message: string])[] = [
    [
      "loom.toml",
      'compute_threads = "many"',
      'compute_threads must be a positive integer, got "many" (line 1, column 1)',
    ],
    [
      "loom.toml",
      "\n  async_threads = 0",
      "async_threads must be a positive integer, got 0 (line 2, column 3)",
    ],
    [
      "loom.toml",
      "async_threads = 1.5",
      "async_threads must be a positive integer, got 1.5 (line 1, column 1)",
    ],
    [
      "loom.toml",
      "rayon_threads = -1",
      "rayon_threads must be a positive integer, got -1 (line 1, column 1)",
    ],
    [
      "loom.toml",
      "rayon_threads = [2]",
      "rayon_threads must be a positive integer, got a list (line 1, column 1)",
    ],
    [
      "loom.toml",
      "rayon_threads = 2026-01-01",
      "rayon_threads must be a positive integer, got a date (line 1, column 1)",
    ],
    [
      "loom.toml",
      "# two names\ntokio_threads = 1\nasync_threads = 1",
      "tokio_threads and async_threads mean the same, give only one (line 3, column 1)",
    ],
    [
      "loom.toml",
      'prefix = """\ncpuset = 1\n"""\ncpuset = "x"',
      'prefix must be 1 to 64 characters, none of them "/" or a control character, got "cpuset = 1\\n" (line 1, column 1)' +
      "\n" +
      'cpuset must be a list of CPUs, got "x": a CPU number is missing: "x" is not a digit (position 1) (line 4, column 1)',
    ],
    [
      "loom.toml",
      'prefix = ""',
      'prefix must be 1 to 64 characters, none of them "/" or a control character, got "" (line 1, column 1)',
    ],
    [
      "loom.toml",
      'prefix = "a/b"',
      'prefix must be 1 to 64 characters, none of them "/" or a control character, got "a/b" (line 1, column 1)',
    ],
    [
      "loom.toml",
      `prefix = "${"x".repeat(65)}"`,
      `prefix must be 1 to 64 characters, none of them "/" or a control character, got "${
        "x".repeat(60)
      }…" (line 1, column 1)`,
    ],
    [
      "loom.toml",
      "pin_threads = 1",
      'pin_threads must be true, false, "workers" or "require", got 1 (line 1, column 1)',
    ],
    [
      "loom.toml",
      'pin_threads = "required"',
      'pin_threads must be true, false, "workers" or "require", got "required" (line 1, column 1)',
    ],
    [
      "loom.toml",
      "compute_pool_size = 15",
      "compute_pool_size must be an integer from 16 to 32768, got 15 (line 1, column 1)",
    ],
    [
      "loom.toml",
      "compute_pool_size = 65_537",
      "compute_pool_size must be an integer from 16 to 32768, got 65537 (line 1, column 1)",
    ],
    [
      "loom.toml",
      'max_payload_bytes = "64 parsecs"',
      'max_payload_bytes must be a number of bytes from 4096 to 1073741824, such as 1048576 or "64MiB", got "64 parsecs" (line 1, column 1)',
    ],
    [
      "loom.toml",
      "cuda_device = -1",
      "cuda_device must be a GPU index such as 0 or a UUID that begins with GPU- or MIG-, got -1 (line 1, column 1)",
    ],
    [
      "loom.toml",
      'cuda_device = "H200"',
      'cuda_device must be a GPU index such as 0 or a UUID that begins with GPU- or MIG-, got "H200" (line 1, column 1)',
    ],
    [
      "loom.toml",
      "worker_spin_us = inf",
      "worker_spin_us must be a number of microseconds from 0 to 1000000, got Infinity (line 1, column 1)",
    ],
    [
      "loom.toml",
      "caller_spin_us = nan",
      "caller_spin_us must be a number of microseconds from 0 to 1000000, got NaN (line 1, column 1)",
    ],
    [
      "loom.toml",
      "cancel_grace_ms = -1",
      "cancel_grace_ms must be an integer of milliseconds from 0 to 86400000, got -1 (line 1, column 1)",
    ],
    [
      "loom.toml",
      "max_queued_calls = -1",
      "max_queued_calls must be an integer from 0 on, got -1 (line 1, column 1)",
    ],
    [
      "loom.toml",
      "calls_per_worker = 0",
      "calls_per_worker must be a positive integer, got 0 (line 1, column 1)",
    ],
    [
      "loom.toml",
      "worker_heap_mb = 8",
      "worker_heap_mb must be an integer from 32 to 1048576, got 8 (line 1, column 1)",
    ],
    [
      "loom.toml",
      "compute_thread = 4",
      'unknown key "compute_thread", did you mean compute_threads? (line 1, column 1)',
    ],
    [
      "loom.toml",
      "[calibration]\nenabled = true",
      'unknown key "calibration", expected one of prefix, cpuset, cpuset_policy, async_threads, tokio_threads, compute_threads, rayon_threads, pin_threads, reserve, compute_pool_size, max_payload_bytes, cuda_device, core_kind, worker_spin_us, caller_spin_us, cancel_grace_ms, worker_heap_mb, max_queued_calls, calls_per_worker (line 1, column 2)',
    ],
    [
      "loom.toml",
      "cpuset = 0-3",
      "not valid TOML: illegal leading zero (line 1, column 10)",
    ],
    [
      "loom.toml",
      'prefix = "x',
      "not valid TOML: unfinished string (line 1, column 10)",
    ],
    [
      "loom.toml",
      "prefix = 'a'\nprefix = 'b'",
      "not valid TOML: trying to redefine an already defined table or value (line 2, column 1)",
    ],
    [
      "loom.yaml",
      "prefix: loom\ncpuset: 3-1",
      'cpuset must be a list of CPUs, got "3-1": the range 3-1 is reversed (position 3) (line 2, column 1)',
    ],
    [
      "loom.yaml",
      "cpuset: [0, 1]",
      'cpuset must be a list of CPUs such as "0-3,8", got a list (line 1, column 1)',
    ],
    [
      "loom.yaml",
      "cpuset: ~",
      'cpuset must be a list of CPUs such as "0-3,8", got null (line 1, column 1)',
    ],
    [
      "loom.yaml",
      "- prefix",
      "must be a table of keys, got a list",
    ],
    ["loom.yaml", "prefix", 'must be a table of keys, got "prefix"'],
    [
      "loom.yaml",
      "prefix: a\nprefix: b",
      "not valid YAML: Map keys must be unique (line 2, column 1)",
    ],
    [
      "loom.yaml",
      "\tprefix: a",
      "not valid YAML: Tabs are not allowed as indentation (line 1, column 1)",
    ],
    [
      "loom.yaml",
      "prefix: a\n---\nprefix: b",
      "more than one YAML document: the second one starts (line 2, column 1)",
    ],
    [
      "loom.yaml",
      "prefix: *name",
      "not valid YAML: Unresolved alias (the anchor must be set before the alias): name",
    ],
    [
      "loom.yml",
      "pinThreads: true",
      'unknown key "pinThreads", did you mean pin_threads? (line 1, column 1)',
    ],
    [
      "loom.json",
      '{\n  "prefix": 5\n}',
      'prefix must be 1 to 64 characters, none of them "/" or a control character, got 5 (line 2, column 3)',
    ],
    [
      "loom.json",
      '{ "prefix": "x"',
      "not valid JSON: it needs double quotes and allows no comments or trailing commas (line 1, column 16)",
    ],
    [
      "loom.json",
      '{ "prefix": "x", }',
      "not valid JSON: it needs double quotes and allows no comments or trailing commas",
    ],
    [
      "loom.json",
      "",
      "not valid JSON: it needs double quotes and allows no comments or trailing commas",
    ],
    ["loom.json", "null", "must be a table of keys, got null"],
    [
      "loom.ini",
      "prefix=x",
      "the name must end in .toml, .yaml, .yml or .json",
    ],
    ["loom", "", "the name must end in .toml, .yaml, .yml or .json"],
  ];

/** A variable, its text, and the whole message. */
export const VARIABLES:
  readonly (readonly [name: string, text: string, message: string])[] = [
    [
      "LOOM_COMPUTE_THREADS",
      "many",
      'Cannot read environment: LOOM_COMPUTE_THREADS must be a positive integer, got "many"',
    ],
    [
      "LOOM_TOKIO_THREADS",
      "1e3",
      'Cannot read environment: LOOM_TOKIO_THREADS must be a positive integer, got "1e3"',
    ],
    [
      "LOOM_ASYNC_THREADS",
      "99999999999999999999",
      'Cannot read environment: LOOM_ASYNC_THREADS must be a positive integer, got "99999999999999999999"',
    ],
    [
      "LOOM_CPUSET",
      "0-",
      'Cannot read environment: LOOM_CPUSET must be a list of CPUs, got "0-": the range after CPU 0 has no end (position 3)',
    ],
    [
      "LOOM_PIN_THREADS",
      "maybe",
      'Cannot read environment: LOOM_PIN_THREADS must be true, false, "workers" or "require", got "maybe"',
    ],
    [
      "LOOM_MAX_PAYLOAD_BYTES",
      "0",
      'Cannot read environment: LOOM_MAX_PAYLOAD_BYTES must be a number of bytes from 4096 to 1073741824, such as 1048576 or "64MiB", got "0"',
    ],
    [
      "LOOM_PREFIX",
      "a\tb",
      'Cannot read environment: LOOM_PREFIX must be 1 to 64 characters, none of them "/" or a control character, got "a\\tb"',
    ],
    [
      "LOOM_COMPUTE_THREAD",
      "2",
      'Cannot read environment: unknown variable "LOOM_COMPUTE_THREAD", did you mean LOOM_COMPUTE_THREADS?',
    ],
  ];

/** Settings from untyped code, and the message. */
export const CODE: readonly (readonly [options: unknown, message: string])[] = [
  [
    { computeThreads: 0 },
    "Cannot use settings from code: computeThreads must be a positive integer, got 0",
  ],
  [
    { asyncThreads: "2" },
    'Cannot use settings from code: asyncThreads must be a positive integer, got "2"',
  ],
  [
    { asyncThreads: 2n },
    "Cannot use settings from code: asyncThreads must be a positive integer, got 2n",
  ],
  [
    { prefix: () => "x" },
    'Cannot use settings from code: prefix must be 1 to 64 characters, none of them "/" or a control character, got a function',
  ],
  [
    { cpuset: "" },
    'Cannot use settings from code: cpuset must be a list of CPUs, got "": it is empty (position 1)',
  ],
  [
    { cpuset: null },
    'Cannot use settings from code: cpuset must be a list of CPUs such as "0-3,8", got null',
  ],
  [
    { computeThreads: 1, rayonThreads: 1 },
    "Cannot use settings from code: computeThreads and rayonThreads mean the same, give only one",
  ],
  [
    { compute_threads: 1 },
    'Cannot use settings from code: unknown setting "compute_threads", did you mean computeThreads?',
  ],
];

/** A command line, and the message that follows "Cannot read flags: ". */
export const FLAGS:
  readonly (readonly [argv: readonly string[], message: string])[] = [
    [
      ["--loom-compute-threads", "many"],
      '--loom-compute-threads must be a positive integer, got "many"',
    ],
    [
      ["--loom-compute-threads", "-1"],
      '--loom-compute-threads must be a positive integer, got "-1"',
    ],
    [["--loom-cpuset"], "--loom-cpuset needs a value"],
    [["--loom-cpuset="], "--loom-cpuset needs a value"],
    [
      ["--loom-cpuset", "--verbose"],
      "--loom-cpuset needs a value",
    ],
    [
      ["--loom-cpuset", "--", "0"],
      "--loom-cpuset needs a value",
    ],
    [
      ["--loom-cpuset=0:2"],
      '--loom-cpuset must be a list of CPUs, got "0:2": the stride after CPU 0 needs a range before it (position 2)',
    ],
    [
      ["--loom-pin-threads=maybe"],
      '--loom-pin-threads must be true, false, "workers" or "require", got "maybe"',
    ],
    [["--no-loom-pin-threads=no"], "--no-loom-pin-threads takes no value"],
    [["--loom-no-pin-threads=yes"], "--loom-no-pin-threads takes no value"],
    [
      ["--loom-compute-thread=1"],
      'unknown flag "--loom-compute-thread", did you mean --loom-compute-threads?',
    ],
    [
      ["--no-loom-cpuset"],
      'unknown flag "--no-loom-cpuset", did you mean --loom-cpuset?',
    ],
    [
      ["--loom-tokio-threads=1", "--loom-async-threads=1"],
      "--loom-tokio-threads and --loom-async-threads mean the same, give only one",
    ],
    [["--loom-config"], "--loom-config needs a value"],
  ];
