/**
 * Finds the place where a function was written, in the file that sent it or one that it imports.
 *
 * @module
 */

import { align, type Alignment, weightOf } from "./alignment.ts";
import { importsOf, type SourceFile, SourceFiles } from "./source_files.ts";
import { type Token, tokensOf } from "./tokens.ts";

/** A position in a file, as a stack frame names it. */
export interface Position {
  /** Path or URL. */
  readonly file: string;
  /** Line, from 1. */
  readonly line: number;
  /** Column, from 1. */
  readonly column: number;
}

/** A position in the tokens of a function. */
export interface TokenPosition {
  /** Index of the token. */
  readonly index: number;
  /** Whether it is behind the `new` of the token. */
  readonly isName: boolean;
}

/** A function that was sent by its source. */
export interface SentFunction {
  /** Its tokens, with lines and columns in its source. */
  readonly tokens: readonly Token[];
  /** Index of the first token that tells it from others. */
  readonly first: number;
  /** What the tokens from there on weigh. */
  readonly weight: number;
}

/** A place where a function may have been written. */
interface Candidate {
  readonly file: SourceFile;
  readonly alignment: Alignment;
  /** Index of the first token of the file that belongs to it. */
  readonly start: number;
}

/** If less of a function than this is equal, it is another one. */
const LEAST_EQUAL = 0.5;
/** If more of its names and texts are missing, it is another one, too. */
const MOST_MISSING = 0.05;
/** If so much is equal, no other file is searched. */
const ENOUGH_EQUAL = 0.9;
/** Most files that are read for one function. */
const MAX_FILES = 64;
/** How far from the files of the stack imports are followed. */
const MAX_DEPTH = 3;
/** Most places in one file at which a function may begin. */
const MAX_STARTS = 2000;

/** Words before the first that tells a function from others. */
const COMMON_HEAD =
  /^(?:async|function|get|set|static|\*|\(|\)|\[|\]|=|>|\{|"use strict)$/;

/** Reads the source of a function. */
export function sentFunction(source: string): SentFunction {
  const tokens = tokensOf(source);
  const first = Math.max(
    tokens.findIndex(({ text }) => !COMMON_HEAD.test(text)),
    0,
  );
  const weight = tokens.slice(first).reduce(
    (sum, token) => sum + weightOf(token),
    0,
  );
  return { tokens, first, weight };
}

/** Finds where functions were written. */
export class WrittenPlaces {
  readonly #files = new SourceFiles();
  readonly #found = new WeakMap<SentFunction, readonly Candidate[]>();
  readonly #missed = new WeakMap<SentFunction, Set<string>>();

  /**
   * The place where a token of a function was written; undefined if that is not known, or if
   * the function may have been written in several.
   *
   * @param token Which token.
   * @param call Where the function was called, if that is known.
   * @param known Positions in files that may contain or import it.
   */
  find(
    fn: SentFunction,
    { index, isName }: TokenPosition,
    call: Position | undefined,
    known: readonly Position[],
  ): Position | undefined {
    const candidate = this.#choose(this.#candidates(fn, known), call);
    if (candidate === undefined) return undefined;
    const { file, alignment } = candidate;
    const near = nearestMatch(fn.tokens, alignment, index);
    if (near < 0) return undefined;
    const token = file.tokens[alignment.indices[near]];
    const column = isName ? token.nameColumn : token.column;
    return { file: file.name, line: token.line, column };
  }

  #candidates(
    fn: SentFunction,
    known: readonly Position[],
  ): readonly Candidate[] {
    const found = this.#found.get(fn);
    if (found !== undefined) return found;
    const names = [...new Set(known.map(({ file }) => file))];
    const key = names.join("\n");
    const missed = this.#missed.get(fn) ?? new Set();
    if (missed.has(key)) return [];
    const candidates = this.#search(fn, names);
    if (candidates.length > 0) this.#found.set(fn, candidates);
    else this.#missed.set(fn, missed.add(key));
    return candidates;
  }

  /** Searches files and what they import, the nearest ones first. */
  #search(fn: SentFunction, names: readonly string[]): Candidate[] {
    const enough = fn.weight * ENOUGH_EQUAL;
    const seen = new Set<string>();
    let filesLeft = MAX_FILES;
    let best: Candidate[] = [];
    let level: readonly string[] = names;
    for (let depth = 0; depth <= MAX_DEPTH; depth++) {
      const next: string[] = [];
      for (const name of level) {
        if (seen.has(name) || filesLeft === 0) continue;
        seen.add(name);
        const file = this.#files.read(name);
        if (file === undefined) continue;
        filesLeft--;
        best = better(best, candidatesIn(file, fn));
        next.push(...importsOf(file));
      }
      if (best.length > 0 && best[0].alignment.weight >= enough) break;
      level = next;
    }
    return best;
  }

  /** Of several equal functions, the one that is an argument of the call. */
  #choose(
    candidates: readonly Candidate[],
    call: Position | undefined,
  ): Candidate | undefined {
    if (candidates.length < 2) return candidates[0];
    if (call === undefined) return undefined;
    const inCall = candidates.filter(({ file, start }) =>
      file.name === call.file && isArgument(file.tokens, call, start)
    );
    return inCall.length === 1 ? inCall[0] : undefined;
  }
}

/** All places of a file where the function is written best. */
function candidatesIn(file: SourceFile, fn: SentFunction): Candidate[] {
  const { tokens, first, weight } = fn;
  const byEnd = new Map<number, Candidate>();
  let starts = 0;
  for (const start of file.indicesOf(tokens[first].text)) {
    if (++starts > MAX_STARTS) break;
    const alignment = align(tokens, first, file.tokens, start);
    if (
      alignment === undefined ||
      alignment.weight < weight * LEAST_EQUAL
    ) continue;
    // A comparison that begins before the function comes to the same end.
    const end = lastIndex(alignment);
    if (!hasWordsOf(fn, file.tokens.slice(start, end + 1))) continue;
    const known = byEnd.get(end);
    if (known !== undefined && isBetter(known.alignment, alignment)) continue;
    byEnd.set(end, { file, alignment, start });
  }
  return [...byEnd.values()].reduce<Candidate[]>(
    (best, one) => better(best, [one]),
    [],
  );
}

/** Of two lists of places that are as good as each other, the better one, or both. */
function better(some: Candidate[], others: Candidate[]): Candidate[] {
  if (some.length === 0) return others;
  if (others.length === 0) return some;
  const difference = some[0].alignment.weight - others[0].alignment.weight;
  if (difference === 0) return [...some, ...others];
  return difference > 0 ? some : others;
}

/**
 * Whether a part of a file has the names and texts of a function, whatever their order: Bun
 * moves constants to where they are used, and puts texts together.
 */
function hasWordsOf({ tokens, first }: SentFunction, part: Token[]): boolean {
  const known = new Set(part.map(({ text }) => text));
  const texts = [...known].filter((text) => text.length > 1 && isText(text));
  const words = tokens.slice(first).filter(({ text }) =>
    isText(text) || /^[\p{ID_Start}$_]/u.test(text)
  );
  const missing = words.filter(({ text }) =>
    !known.has(text) &&
    !(isText(text) && texts.some((part) => text.startsWith(part)))
  );
  return missing.length <= words.length * MOST_MISSING;
}

function isText(text: string): boolean {
  return text.startsWith('"');
}

function isBetter(a: Alignment, b: Alignment): boolean {
  return a.weight > b.weight ||
    (a.weight === b.weight && a.skipped <= b.skipped);
}

function lastIndex({ indices }: Alignment): number {
  return indices.reduce((last, index) => Math.max(last, index), -1);
}

/** Whether the token is between the parentheses of a call. */
function isArgument(
  tokens: readonly Token[],
  { line, column }: Position,
  index: number,
): boolean {
  let open = tokens.findIndex((token) =>
    token.line > line || (token.line === line && token.column >= column)
  );
  while (open >= 0 && open < tokens.length && tokens[open].text !== "(") open++;
  if (open < 0 || index <= open) return false;
  let depth = 0;
  for (let i = open; i < index; i++) {
    const { text } = tokens[i];
    if (text === "(") depth++;
    else if (text === ")" && --depth === 0) return false;
  }
  return true;
}

/** The index of the token, or of one near it that the file has, too. */
function nearestMatch(
  tokens: readonly Token[],
  { indices }: Alignment,
  index: number,
): number {
  if (indices[index] >= 0) return index;
  const { line } = tokens[index];
  let before = index;
  while (before >= 0 && indices[before] < 0) before--;
  if (before >= 0 && tokens[before].line === line) return before;
  let after = index;
  while (after < tokens.length && indices[after] < 0) after++;
  if (after < tokens.length && tokens[after].line === line) return after;
  return before >= 0 ? before : after < tokens.length ? after : -1;
}
