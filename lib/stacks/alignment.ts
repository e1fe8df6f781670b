/**
 * Finds which tokens of a compiled function are which of its file.
 *
 * Compilers drop types and comments, change the layout, and Bun's also replaces constants by
 * their values. What is left are the same tokens in the same order, with gaps on both sides.
 *
 * @module
 */

import type { Token } from "./tokens.ts";

/** Two texts are in step again where so many tokens in a row are equal. */
const ROW = 3;
/** Most tokens of the file that one gap skips: the types of a parameter, for example. */
const MAX_FILE_GAP = 250;
/** Most tokens of the function that one gap skips. */
const MAX_FUNCTION_GAP = 24;
/** How many skipped tokens of the file are as bad as one of the function. */
const FUNCTION_GAP_COST = 4;
/** After so many tokens, a comparison that has found less than half of them is given up. */
const MIN_COMPARED = 16;

/** How much a token tells of a function: a text more than a name, and that more than a sign. */
export function weightOf({ text }: Token): number {
  if (text.length === 1) return 1;
  return text.startsWith('"') ? 5 : 3;
}

/** Which tokens of a function are which of its file. */
export interface Alignment {
  /** For each token of the function its index in the file, or -1. */
  readonly indices: Int32Array;
  /** What the tokens of the function that have one weigh: see {@linkcode weightOf}. */
  readonly weight: number;
  /** How many tokens of the file were skipped. */
  readonly skipped: number;
}

/**
 * Compares a function with a part of a file.
 *
 * @param first Index of the first token of the function to compare.
 * @param start Index of the token of the file that it may be.
 * @returns Undefined if they differ too much.
 */
export function align(
  fn: readonly Token[],
  first: number,
  file: readonly Token[],
  start: number,
): Alignment | undefined {
  const indices = new Int32Array(fn.length).fill(-1);
  let weight = 0;
  let compared = 0;
  let skipped = 0;
  let i = first;
  let j = start;
  while (i < fn.length && j < file.length) {
    if (fn[i].text === file[j].text) {
      weight += weightOf(fn[i]);
      compared += weightOf(fn[i]);
      indices[i++] = j++;
      continue;
    }
    if (i - first >= MIN_COMPARED && weight * 2 < compared) return undefined;
    const gap = findGap(fn, i, file, j);
    if (gap === undefined) break;
    for (const end = i + gap.ofFunction; i < end; i++) {
      compared += weightOf(fn[i]);
    }
    j += gap.ofFile;
    skipped += gap.ofFile;
  }
  return { indices, weight, skipped };
}

interface Gap {
  readonly ofFunction: number;
  readonly ofFile: number;
}

/** The smallest gap behind which both texts are in step again. */
function findGap(
  fn: readonly Token[],
  i: number,
  file: readonly Token[],
  j: number,
): Gap | undefined {
  let found: Gap | undefined;
  let most = MAX_FILE_GAP;
  const mostOfFunction = Math.min(MAX_FUNCTION_GAP, fn.length - i - 1);
  for (let ofFunction = 0; ofFunction <= mostOfFunction; ofFunction++) {
    const cost = ofFunction * FUNCTION_GAP_COST;
    for (let ofFile = 0; ofFile + cost < most; ofFile++) {
      if (!isInStep(fn, i + ofFunction, file, j + ofFile)) continue;
      most = ofFile + cost;
      found = { ofFunction, ofFile };
    }
  }
  return found;
}

function isInStep(
  fn: readonly Token[],
  i: number,
  file: readonly Token[],
  j: number,
): boolean {
  const row = Math.min(ROW, fn.length - i);
  if (j + row > file.length) return false;
  for (let k = 0; k < row; k++) {
    if (fn[i + k].text !== file[j + k].text) return false;
  }
  return true;
}
