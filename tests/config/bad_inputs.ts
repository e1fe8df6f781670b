/**
 * Invalid settings from variables, code and flags, with the error messages.
 *
 * @module
 */

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
      "LOOM_ADAPTIVE",
      "strike_us",
      'Cannot read environment: LOOM_ADAPTIVE must be name=value,…, got "strike_us"',
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
