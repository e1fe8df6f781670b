/**
 * Parses and formats CPU sets in the format of `taskset` and `numactl`; set operations.
 *
 * @module
 */

import { InvalidCpuSetError } from "../errors.ts";

/** The highest supported CPU number; no kernel supports more. */
export const MAX_CPU = 65_535;

/**
 * Parses a CPU set such as `"0-3,8,16-30:2"`: CPUs, ranges, and ranges with a stride,
 * separated by commas. Spaces are allowed between all of them.
 *
 * @returns The CPUs, sorted, each one once.
 * @throws {InvalidCpuSetError} If the text is malformed; the message gives the reason and
 * the position.
 *
 * @example Usage
 * ```ts
 * import { parseCpuset } from "./cpuset.ts";
 * import assert from "node:assert/strict";
 *
 * assert.deepEqual(parseCpuset("0-3, 8, 16-20:2"), [0, 1, 2, 3, 8, 16, 18, 20]);
 * ```
 */
export function parseCpuset(text: string): number[] {
  if (typeof text !== "string") {
    throw new InvalidCpuSetError(
      `Cannot parse cpuset: it must be a string, not of type ${typeof text}`,
    );
  }
  return new CpusetReader(text).read();
}

/**
 * Formats a CPU set with ranges: `[0, 1, 2, 8]` as `"0-2,8"`.
 *
 * This is the inverse of {@linkcode parseCpuset}, except that an empty set becomes `""`,
 * which `parseCpuset()` rejects.
 *
 * @example Usage
 * ```ts
 * import { formatCpuset } from "./cpuset.ts";
 * import assert from "node:assert/strict";
 *
 * assert.equal(formatCpuset([8, 0, 1, 2]), "0-2,8");
 * ```
 */
export function formatCpuset(cpus: readonly number[]): string {
  const sorted = sortedCpus(cpus);
  const parts: string[] = [];
  for (let i = 0; i < sorted.length; i++) {
    const first = sorted[i];
    while (sorted[i + 1] === sorted[i] + 1) i++;
    parts.push(first === sorted[i] ? `${first}` : `${first}-${sorted[i]}`);
  }
  return parts.join(",");
}

/** The CPUs that are in both sets, sorted. */
export function intersectCpus(
  left: readonly number[],
  right: readonly number[],
): number[] {
  const others = new Set(right);
  return sortedCpus(left.filter((cpu) => others.has(cpu)));
}

/** The CPUs that are in either set, sorted. */
export function uniteCpus(
  left: readonly number[],
  right: readonly number[],
): number[] {
  return sortedCpus([...left, ...right]);
}

/** The CPUs of `left` that are not in `right`, sorted. */
export function subtractCpus(
  left: readonly number[],
  right: readonly number[],
): number[] {
  const others = new Set(right);
  return sortedCpus(left.filter((cpu) => !others.has(cpu)));
}

/** Whether both sets hold the same CPUs. */
export function sameCpus(
  left: readonly number[],
  right: readonly number[],
): boolean {
  return subtractCpus(left, right).length === 0 &&
    subtractCpus(right, left).length === 0;
}

function sortedCpus(cpus: readonly number[]): number[] {
  return [...new Set(cpus)].sort((a, b) => a - b);
}

/** Parses the text in one pass. Positions count characters from 1. */
class CpusetReader {
  readonly #text: string;
  #index = 0;

  constructor(text: string) {
    this.#text = text;
  }

  read(): number[] {
    this.#skipSpaces();
    if (this.#atEnd()) this.#fail("it is empty", 1);
    const cpus = new Set<number>();
    while (true) {
      this.#readItem(cpus);
      if (this.#atEnd()) return sortedCpus([...cpus]);
      if (!this.#skip(",")) {
        this.#fail(`expected a comma, got ${this.#here()}`);
      }
    }
  }

  /** `5`, `0-7` or `0-15:2`. */
  #readItem(cpus: Set<number>): void {
    const first = this.#readCpu("a CPU number is missing");
    if (!this.#skip("-")) {
      if (this.#text[this.#index] === ":") {
        this.#fail(`the stride after CPU ${first} needs a range before it`);
      }
      cpus.add(first);
      return;
    }
    const lastPosition = this.#index + 1;
    const last = this.#readCpu(`the range after CPU ${first} has no end`);
    if (last < first) {
      this.#fail(`the range ${first}-${last} is reversed`, lastPosition);
    }
    const stride = this.#readStride(first, last);
    for (let cpu = first; cpu <= last; cpu += stride) cpus.add(cpu);
  }

  #readStride(first: number, last: number): number {
    if (!this.#skip(":")) return 1;
    const position = this.#index + 1;
    const range = `${first}-${last}`;
    const stride = this.#readNumber(`the stride of ${range} is missing`);
    if (stride === 0) this.#fail(`the stride of ${range} is 0`, position);
    return stride;
  }

  #readCpu(missing: string): number {
    const position = this.#index + 1;
    if (this.#text[this.#index] === "-") {
      this.#fail("CPU numbers cannot be negative");
    }
    const cpu = this.#readNumber(missing);
    if (cpu > MAX_CPU) {
      this.#fail(`a CPU number is above the limit of ${MAX_CPU}`, position);
    }
    return cpu;
  }

  #readNumber(missing: string): number {
    const start = this.#index;
    while (isDigit(this.#text.charCodeAt(this.#index))) this.#index++;
    if (this.#index === start) {
      this.#fail(
        this.#atEnd() ? missing : `${missing}: ${this.#here()} is not a digit`,
      );
    }
    const value = Number(this.#text.slice(start, this.#index));
    this.#skipSpaces();
    return value;
  }

  #skip(character: string): boolean {
    if (this.#text[this.#index] !== character) return false;
    this.#index++;
    this.#skipSpaces();
    return true;
  }

  #skipSpaces(): void {
    while (isSpace(this.#text.charCodeAt(this.#index))) this.#index++;
  }

  #atEnd(): boolean {
    return this.#index >= this.#text.length;
  }

  #here(): string {
    const codePoint = this.#text.codePointAt(this.#index) ?? 0;
    return JSON.stringify(String.fromCodePoint(codePoint));
  }

  #fail(problem: string, position: number = this.#index + 1): never {
    throw new InvalidCpuSetError(
      `Cannot parse cpuset ${
        quoted(this.#text)
      }: ${problem} (position ${position})`,
    );
  }
}

function isDigit(code: number): boolean {
  return code >= 0x30 && code <= 0x39;
}

function isSpace(code: number): boolean {
  return code === 0x20 || code >= 0x09 && code <= 0x0d;
}

/** Maximum number of characters of a cpuset in a message. */
const QUOTED_CHARACTERS = 80;

function quoted(text: string): string {
  if (text.length <= QUOTED_CHARACTERS) return JSON.stringify(text);
  return JSON.stringify(`${text.slice(0, QUOTED_CHARACTERS)}…`);
}
