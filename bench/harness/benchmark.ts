/**
 * A benchmark, and the contenders that it measures.
 *
 * @module
 */

import type { Recorder } from "./recorder.ts";

/** Measured numbers by the keys of their figures. */
export type Figures = Readonly<Record<string, number>>;

/** The label and the unit of a figure. */
export interface Figure {
  readonly label: string;
  readonly unit: "us" | "ms" | "bytes" | "ratio";
  /** Where this figure stands on the horizontal axis, if the plot has one. */
  readonly at?: number;
  /** Whether tables leave it out. */
  readonly plotOnly?: boolean;
}

/** Something that is measured: loom, another pool, the floor, the plain loop. */
export interface Contender {
  readonly name: string;
  /** Returns why it cannot be measured on this machine; undefined when it can. */
  readonly missing?: () => string | undefined;
  /** Measures its figures, in a process of its own. */
  readonly measure: (recorder: Recorder) => Promise<void>;
}

/** How long to measure. */
export interface Budget {
  /** For each figure, in milliseconds, warm-up not counted. */
  readonly figureMs: number;
}

/** What each benchmark file of this folder exports. */
export interface Benchmark {
  /** The name of its file, without `.ts`. */
  readonly name: string;
  readonly title: string;
  readonly figures: Readonly<Record<string, Figure>>;
  /** loom comes first: the ratios are to it. */
  readonly contenders: readonly Contender[];
}
