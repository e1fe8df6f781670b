/**
 * What `loom doctor` finds out: one check after another.
 *
 * @module
 */

/** How much a finding matters. */
export type CheckState =
  /** As it should be. */
  | "ok"
  /** Works, but not as well as it could. */
  | "warning"
  /** Not there, and needed only for what its remedy names. */
  | "absent"
  /** Pinning does not work because of it. */
  | "failed";

/** One finding. */
export interface Check {
  readonly name: string;
  readonly state: CheckState;
  /** What was found, for people. */
  readonly detail: string;
  /** What to do about it; left out where nothing is to be done. */
  readonly remedy?: string;
  /** What was found, for programs. */
  readonly data?: Readonly<Record<string, unknown>>;
}

/** Everything that was found. */
export interface Report {
  /** Whether threads can be pinned here. */
  readonly pinningWorks: boolean;
  readonly checks: readonly Check[];
}
