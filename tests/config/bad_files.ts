/**
 * Invalid settings in files, with the error messages.
 *
 * @module
 */

/** Stands in a message for what a parser says in its own words. */
export const ANY = "<any>";

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
      "compute_pool_size = 0",
      "compute_pool_size must be an integer from 1 to 32768, got 0 (line 1, column 1)",
    ],
    [
      "loom.toml",
      "compute_pool_size = 65_537",
      "compute_pool_size must be an integer from 1 to 32768, got 65537 (line 1, column 1)",
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
      "recycle_calls = 0",
      "recycle_calls must be a positive integer, got 0 (line 1, column 1)",
    ],
    [
      "loom.toml",
      "recycle_heap_mb = 8",
      "recycle_heap_mb must be an integer from 32 to 1048576, got 8 (line 1, column 1)",
    ],
    [
      "loom.toml",
      'observe = "ture"',
      'observe must be true, false, or a path with a "/", got "ture" (line 1, column 1)',
    ],
    [
      "loom.toml",
      'observe_http = "0.0.0.0:9000"',
      'observe_http must be an address of this machine alone, such as 127.0.0.1:9000, with port 0 for any, got "0.0.0.0:9000" (line 1, column 1)',
    ],
    [
      "loom.toml",
      "compute_thread = 4",
      'unknown key "compute_thread", did you mean compute_threads? (line 1, column 1)',
    ],
    [
      "loom.toml",
      "[database]\nurl = 1",
      'unknown key "database", expected one of prefix, cpuset, cpuset_policy, async_threads, tokio_threads, compute_threads, rayon_threads, pin_threads, reserve, compute_pool_size, max_payload_bytes, cuda_device, core_kind, worker_spin_us, caller_spin_us, cancel_grace_ms, worker_heap_mb, max_queued_calls, calls_per_worker, recycle_calls, recycle_heap_mb, hints, observe, observe_http, adaptive, mab_knobs, calibration (line 1, column 2)',
    ],
    [
      "loom.toml",
      "[calibratoin]\nenabled = true",
      'unknown key "calibratoin", did you mean calibration? (line 1, column 2)',
    ],
    [
      "loom.toml",
      "[mab_knobs]\nk_starv = 0.15\ntokio_threads = 2",
      'mab_knobs has an unknown key "k_starv", did you mean k_starve? (line 1, column 2)',
    ],
    [
      "loom.toml",
      "calibration = true",
      "calibration must be a table, got true (line 1, column 1)",
    ],
    [
      "loom.toml",
      'tokio_flavor = "multi"',
      'tokio_flavor must be one of multi_thread, current_thread, got "multi" (line 1, column 1)',
    ],
    [
      "loom.toml",
      "cpuset = 0-3",
      `not valid TOML: ${ANY} (line 1, column ${ANY})`,
    ],
    [
      "loom.toml",
      'prefix = "x',
      `not valid TOML: ${ANY} (line 1, column ${ANY})`,
    ],
    [
      "loom.toml",
      "prefix = 'a'\nprefix = 'b'",
      `not valid TOML: ${ANY} (line 2, column 1)`,
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
      "calibration:\n  enable: true",
      'calibration has an unknown key "enable", did you mean enabled? (line 1, column 1)',
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
      `not valid YAML: duplicated ${ANY} (line 2, column 1)`,
    ],
    [
      "loom.yaml",
      "\tprefix: a",
      "not valid YAML: tabs are not allowed as indentation (line 1, column 1)",
    ],
    [
      "loom.yaml",
      "prefix: a\n---\nprefix: b",
      "more than one YAML document: the second one starts (line 2, column 1)",
    ],
    [
      "loom.yaml",
      "prefix: *name",
      'not valid YAML: unidentified alias "name" (line 1, column 14)',
    ],
    [
      "loom.yaml",
      "# one\n\n%YAML 1.2\n---\nprefix: a\n...\n---\n",
      "more than one YAML document: the second one starts (line 7, column 1)",
    ],
    [
      "loom.yaml",
      "prefix: [",
      `not valid YAML: ${ANY} (line 1, column 10)`,
    ],
    [
      "loom.yaml",
      "compute_threads: 010 # 8 or 10",
      'compute_threads must be a number without leading zeros and underscores, or in quotes: versions of YAML differ in what "010" is (line 1, column 1)',
    ],
    [
      "loom.yaml",
      "cpuset:\n  reserve: 1\nreserve: { cpuset: 1 }",
      'cpuset must be a list of CPUs such as "0-3,8", got a table (line 1, column 1)' +
      "\n" +
      "reserve must be true or false, got a table (line 3, column 1)",
    ],
    [
      "loom.yaml",
      '{ prefix: "{ reserve: 1",\n\treserve: 2 }',
      "reserve must be true or false, got 2 (line 2, column 2)",
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
      '{ "cpuset": { "prefix": 1 }, "prefix": 5 }',
      'cpuset must be a list of CPUs such as "0-3,8", got a table (line 1, column 3)' +
      "\n" +
      'prefix must be 1 to 64 characters, none of them "/" or a control character, got 5 (line 1, column 30)',
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
    [
      "loom.json",
      '{"mab_knobs": {"k_starve": 1, "knob": 1}}',
      'mab_knobs has an unknown key "knob", expected one of max_inline_us, max_inline_under_pressure_us, high_pressure, in_flight_weight, max_pressure, pressure_cost, decay, smoothing, strikes, strike_us, max_strikes, strike_decay, quick_us, slow_us, slow_calls, send_us (line 1, column 2)',
    ],
    [
      "loom.json",
      '{"adaptive": {"max_inline_us": -1}}',
      "adaptive has max_inline_us, which must be a number of microseconds from 0 to 1000000000, got -1 (line 1, column 2)",
    ],
    [
      "loom.json",
      '{"adaptive": {"strike_us": 1, "t_strike_us": 1}}',
      "adaptive has t_strike_us twice, give it only once (line 1, column 2)",
    ],
    ["loom.json", "null", "must be a table of keys, got null"],
    [
      "loom.ini",
      "prefix=x",
      "the name must end in .toml, .yaml, .yml or .json",
    ],
    ["loom", "", "the name must end in .toml, .yaml, .yml or .json"],
  ];
