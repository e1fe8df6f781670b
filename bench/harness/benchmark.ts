/**
 * A benchmark, and the contenders that it measures.
 *
 * @module
 */

/** One measured number of each of some figures; the keys are those of the benchmark. */
export type Figures = Readonly<Record<string, number>>;

/** What a figure is called, and in what it is counted. */
export interface Figure {
  readonly label: string;
  readonly unit: "us" | "ms" | "bytes" | "ratio";
  /** Of the plots that a benchmark has: where this figure stands on the horizontal axis. */
  readonly at?: number;
}

/** Something that is measured: loom, a contender, the floor, the plain loop. */
export interface Contender {
  readonly name: string;
  /** Why it cannot be measured on this machine; undefined when it can. */
  readonly missing?: () => string | undefined;
  /** Measures it once, in a process of its own. */
  readonly measure: (budget: Budget) => Promise<Figures>;
}

/** How long to measure. */
export interface Budget {
  /** For each figure, in milliseconds, warm-up not counted. */
  readonly figureMs: number;
}

/** A file of this folder is one of these. */
export interface Benchmark {
  /** The name of its file, without `.ts`. */
  readonly name: string;
  readonly title: string;
  readonly figures: Readonly<Record<string, Figure>>;
  /** loom comes first: the ratios are to it. */
  readonly contenders: readonly Contender[];
}
