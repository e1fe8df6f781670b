/**
 * Bars: limits that the figures of loom must not exceed.
 *
 * @module
 */

import type { RuntimeName } from "../harness/environment.ts";
import { LOOM } from "../harness/result.ts";

/** A figure of loom, alone or as a multiple of the best of some contenders. */
export interface Bar {
  readonly text: string;
  readonly benchmark: string;
  readonly figure: string;
  /** Undefined for a figure in its own unit, alone. */
  readonly to?: readonly string[];
  /** The figure of the others, if it is another one. */
  readonly toFigure?: string;
  /** A runtime without a limit is listed for information. */
  readonly atMost: Limits;
}

type Limits = Readonly<Partial<Record<RuntimeName, number>>>;

/** A contender by its name, or several by what they are. */
type Others = string | readonly [text: string, names: readonly string[]];

const NPM_POOLS: Others = ["fastest npm pool", [
  "piscina",
  "tinypool",
  "workerpool",
  "poolifier",
  "multithreading",
  "comlink",
]];
const NATIVE = "tokio + rayon";
const PLAIN = "plain loop";

function both(limit: number): Limits {
  return { Deno: limit, Bun: limit };
}

/** Bars for one figure of loom, beside others. */
function bars(
  text: string,
  benchmark: string,
  figure: string,
  others: readonly (readonly [to: Others, atMost?: Limits])[],
): Bar[] {
  return others.map(([to, atMost = {}]) => {
    const [name, names] = typeof to === "string" ? [to, [to]] : to;
    return { text: `${text} / ${name}`, benchmark, figure, to: names, atMost };
  });
}

const CALLS: readonly Bar[] = [
  ...bars("one call after another", "latency", "p50", [
    [NATIVE, { Deno: 0.25, Bun: 0.15 }],
    ["knitting", { Deno: 0.35, Bun: 0.5 }],
    [NPM_POOLS, both(0.02)],
    ["floor", both(1.25)],
  ]),
  ...bars("calls 2,001 to 2,500 of a process", "first_calls", "to2500", [
    ["floor", { Bun: 1.5 }],
  ]),
  ...bars("calls 2,001 to 10,000 of a process", "first_calls", "settled", [
    ["floor", { Bun: 1.5 }],
  ]),
  ...bars("10 calls at once", "throughput", "at10", [[NATIVE, both(1)], [
    "knitting",
    both(0.5),
  ]]),
  ...bars("100 calls at once", "throughput", "at100", [[
    "knitting",
    both(0.5),
  ]]),
  ...bars("1,000 calls at once", "throughput", "at1000", [
    [NATIVE, both(1)],
    ["knitting", both(0.5)],
    ["floor", both(1.5)],
  ]),
  ...bars("64 calls in flight", "throughput", "inFlight64", [[
    "knitting",
    both(0.5),
  ]]),
  {
    text: "view with a signal / plain call, one after another",
    benchmark: "latency",
    figure: "signalP50",
    to: [LOOM],
    toFigure: "p50",
    atMost: both(2),
  },
  {
    text: "view with a signal / plain call, 64 in flight",
    benchmark: "throughput",
    figure: "signal64",
    to: [LOOM],
    toFigure: "inFlight64",
    atMost: both(2),
  },
  {
    text: "delay of a call of 50 ms",
    benchmark: "completion",
    figure: "delay50",
    atMost: both(200),
  },
  {
    text: "CPU time of 10 idle seconds",
    benchmark: "completion",
    figure: "idleCpu",
    atMost: both(50),
  },
];

const VALUES: readonly Bar[] = [
  ...bars("a small object", "payload", "object", [["floor", both(1.5)], [
    "knitting",
    both(0.4),
  ]]),
  {
    text: "a small object / a number",
    benchmark: "payload",
    figure: "object",
    to: [LOOM],
    toFigure: "number",
    atMost: both(5),
  },
  ...bars("1 KB of bytes", "payload", "bytes1k", [["floor", both(1.5)], [
    "knitting",
    both(0.4),
  ]]),
  ...bars("a string of 100 B", "payload", "string100", [["floor", both(1.2)], [
    "knitting",
    both(0.5),
  ]]),
  ...bars("64 KB of bytes", "payload", "bytes64k", [["knitting", both(0.6)]]),
  ...bars("1 MB by value", "payload", "bytes1m", [
    ["postMessage", { Deno: 0.4, Bun: 0.3 }],
    ["knitting", both(0.6)],
  ]),
  ...bars("16 MB by value", "payload", "bytes16m", [
    ["postMessage", both(0.5)],
    [["multithreading, which moves them", ["multithreading"]]],
  ]),
  ...bars("1 MB shared", "payload", "view1m", [
    [["postMessage with transfer", ["postMessage"]], both(0.2)],
  ]),
  ...bars("16 MB moved", "payload", "move16m", [
    [["multithreading, which moves them, too", ["multithreading"]]],
  ]),
  {
    text: "16 MB moved / 16 MB of bytes of multithreading",
    benchmark: "payload",
    figure: "move16m",
    to: ["multithreading"],
    toFigure: "bytes16m",
    atMost: both(0.1),
  },
  {
    text: "64 MiB moved / by value",
    benchmark: "payload",
    figure: "move64m",
    to: [LOOM],
    toFigure: "copy64m",
    atMost: both(0.05),
  },
];

const BULK: readonly Bar[] = [
  ...bars("stream, 64 in flight", "streams", "at64", [["knitting", both(0.7)], [
    "floor",
  ]]),
  ...["Records", "Texts", "Numbers"].flatMap((items) =>
    bars(
      `computeMap over 20,000 ${items.toLowerCase()}`,
      "streams",
      `many${items}`,
      [["batches by hand", both(1.3)]],
    )
  ),
  ...["Numbers", "Records"].map((items) => ({
    text: `computeStream of 20,000 ${items.toLowerCase()} / computeMap`,
    benchmark: "streams",
    figure: `stream${items}`,
    to: [LOOM],
    toFigure: `many${items}`,
    atMost: both(1.5),
  })),
  ...bars("sum of 10 million numbers", "parallel", "sum", [[PLAIN, both(1)], [
    NATIVE,
  ]]),
  ...bars("copy and sort of them", "parallel", "sort", [[PLAIN, {
    Deno: 0.56,
    Bun: 0.67,
  }], [NATIVE]]),
];

const PROCESS: readonly Bar[] = [
  {
    text: "import of the library",
    benchmark: "startup",
    figure: "import",
    atMost: { Deno: 15, Bun: 10 },
  },
  {
    text: "import and first answer",
    benchmark: "startup",
    figure: "ready",
    atMost: {},
  },
  ...bars("first worker's first answer", "startup", "start1", [
    [["bare Worker", ["postMessage"]], { Deno: 1.5, Bun: 3 }],
    ["piscina", both(1)],
  ]),
  {
    text: "heap kept after a million calls",
    benchmark: "memory",
    figure: "retained",
    atMost: both(1e6),
  },
  {
    text: "memory kept after an argument of 200 MB",
    benchmark: "memory",
    figure: "large",
    atMost: {},
  },
];

/** Every bar. */
export const BARS: readonly Bar[] = [...CALLS, ...VALUES, ...BULK, ...PROCESS];
