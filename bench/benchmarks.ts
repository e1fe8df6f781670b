/**
 * Every question that there is, in the order in which they are put.
 *
 * @module
 */

import { existsSync } from "node:fs";
import { fileURLToPath } from "node:url";
import type { Question } from "./harness/benchmark.ts";

/** The names of the questions; each is a file of this folder. */
export const QUESTIONS: readonly string[] = [
  "latency",
  "throughput",
  "payload",
  "completion",
  "startup",
  "event_loop",
  "streams",
  "parallel",
  "break_even",
  "memory",
];

/** The program that answers a question. */
export function questionPath(name: string): string {
  const path = fileURLToPath(new URL(`${name}.ts`, import.meta.url));
  if (!QUESTIONS.includes(name) || !existsSync(path)) {
    throw new Error(
      `No such question: ${name}. There are: ${QUESTIONS.join(", ")}`,
    );
  }
  return path;
}

/** The question itself, not put to anybody. */
export async function loadQuestion(name: string): Promise<Question> {
  const { question } = await import(questionPath(name));
  return question;
}
