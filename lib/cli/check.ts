/**
 * The results of `loom doctor`.
 *
 * @module
 */

/** The state of a check. */
export type CheckState =
  /** No problem. */
  | "ok"
  /** Works with restrictions. */
  | "warning"
  /** Missing; needed only for the features that the remedy names. */
  | "absent"
  /** Prevents pinning. */
  | "failed";

/** The result of one check. */
export interface Check {
  readonly name: string;
  readonly state: CheckState;
  /** The result in words. */
  readonly detail: string;
  /** What to do about it; omitted if there is nothing to do. */
  readonly remedy?: string;
  /** The result as data, for programs. */
  readonly data?: Readonly<Record<string, unknown>>;
}

/** The results of all checks. */
export interface Report {
  /** Whether threads can be pinned. */
  readonly pinningWorks: boolean;
  readonly checks: readonly Check[];
}
