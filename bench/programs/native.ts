/**
 * The same work in Rust: tokio -> rayon -> tokio, by bench/native, when cargo is there.
 *
 * @module
 */

import type { Subject } from "../harness/question.ts";

/** The native program, for the questions that it answers. */
export function nativeSubject(_question: "latency" | "throughput"): Subject {
  return {
    name: "tokio + rayon",
    missing: () => "left out: not built yet",
    measure: () => Promise.reject(new Error("not built yet")),
  };
}
