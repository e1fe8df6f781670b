/**
 * How urgent a call is.
 *
 * @module
 */

/** How urgent a call is: what waits is taken in this order. */
export type Priority = "high" | "normal" | "low";
