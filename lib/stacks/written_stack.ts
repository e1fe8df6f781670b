/**
 * Rewrites the frames of sent functions in stacks: a worker evaluates a function from its source,
 * so its frames name that source and not the file where the function was written.
 *
 * @module
 */

import type { Token } from "./tokens.ts";
import {
  type Position,
  type SentFunction,
  sentFunction,
  type TokenPosition,
  WrittenPlaces,
} from "./written_places.ts";

/** Lines before a function in what a worker evaluates: see `lib/tasks/source.ts`. */
const LINES_BEFORE = 2;
/** Characters before the expression in its first line. */
const COLUMNS_BEFORE = `"use strict"; return `.length;

/** How a worker evaluates a function: what is before and behind its source. */
const EXPRESSIONS: readonly RegExp[] = [
  /^(Object\.values\(Object\.getOwnPropertyDescriptors\(\{ )([^]*)\n\}\)\)\[0\]\.[gs]et$/,
  /^(Object\.values\(\{ )([^]*)\n\}\)\[0\]$/,
  /^(\()([^]*)\n\)$/,
];

/** A frame of a sent function: all before its place, number of its task, line, column. */
const TASK_FRAME =
  /^(\s+at .*?)\(?loom-task:(\d+)(?:, <anonymous>)?:(\d+):(\d+)\)?$/;
/** A frame of the loop around the functions of a parallel iterator. */
const LOOP_FRAME = /^\s+at .*?loom-task:loop:/;
/** A frame of a file: its path or URL, line, column. */
const FILE_FRAME =
  /^\s+at (?:async |.*\()?((?:file:\/\/|\/|[A-Za-z]:\\).*?):(\d+):(\d+)\)?$/;
/** A frame of the JavaScript runtime. */
const RUNTIME_FRAME = /^\s+at .*\((?:ext|node|native):.*\)$/;
/** The line between the frames of a worker and those of its caller. */
const CALLED = /^\s+--- called (.*)from ---$/;

/** The call whose frames a stack shows. */
interface Call {
  /** Where it was made, if that is known. */
  readonly site?: Position | undefined;
  /** Whether that is where an earlier call of the task was made. */
  readonly isOfAnother?: boolean;
}

/** A function and what was evaluated with it. */
interface EvaluatedFunction {
  readonly fn: SentFunction;
  /** Characters before its source in its first line. */
  readonly columnsBefore: number;
}

/** Rewrites stacks of errors that tasks of one runtime have thrown. */
export class WrittenStacks {
  readonly #places = new WrittenPlaces();
  readonly #functions = new Map<number, EvaluatedFunction | undefined>();
  readonly #sourceOf: (task: number) => string | undefined;

  /** @param sourceOf Returns the expression that a worker evaluates; undefined if none. */
  constructor(sourceOf: (task: number) => string | undefined) {
    this.#sourceOf = sourceOf;
  }

  /** Returns the stack with the places where its functions were written. */
  rewrite(stack: string): string {
    try {
      return this.#rewrite(stack);
    } catch {
      // No stack is left.
      return stack;
    }
  }

  #rewrite(stack: string): string {
    const lines = stack.split("\n");
    const positions = lines.map(positionIn)
      .filter((position) => position !== undefined);
    const written: string[] = [];
    // From below: the file of a caller is known before that of what it has called.
    let nearest: Position | undefined;
    let call: Call = {};
    for (const line of lines.reverse()) {
      if (LOOP_FRAME.test(line) || isRunner(line, written.at(-1))) continue;
      // A caller without frames, such as a timer.
      if (written.length === 0 && CALLED.test(line)) continue;
      const called = CALLED.exec(line);
      if (called !== null) {
        call = { site: nearest, isOfAnother: called[1] !== "" };
      }
      const rewritten = this.#rewriteLine(line, call, positions);
      written.push(rewritten);
      const position = positionIn(rewritten);
      if (position === undefined) continue;
      nearest = position;
      if (rewritten !== line) positions.push(position);
    }
    return written.reverse().join("\n");
  }

  /** @param known Positions whose files the function may be in, or near. */
  #rewriteLine(
    line: string,
    call: Call,
    known: readonly Position[],
  ): string {
    const frame = TASK_FRAME.exec(line);
    if (frame === null) return line;
    const [, head, task, row, column] = frame;
    const at = head.replace(/( at (?:async )?)eval $/, "$1")
      .replace(/\.eval $/, ".<anonymous> ");
    const lineInSource = Number(row) - LINES_BEFORE;
    const token = this.#tokenOf(Number(task), lineInSource, Number(column));
    const certainCall = call.isOfAnother ? undefined : call.site;
    const place = token === undefined
      ? undefined
      : this.#places.find(token.fn, token.position, certainCall, known);
    if (place !== undefined) return `${at}${inFrame(at, textOf(place))}`;
    const from = call.site === undefined
      ? " of a function that was sent"
      : ` of the function sent at ${textOf(call.site)}`;
    return `${at}${inFrame(`${at}.`, `line ${lineInSource}${from}`)}`;
  }

  /** The token at a position of a function. */
  #tokenOf(
    task: number,
    line: number,
    column: number,
  ):
    | { readonly fn: SentFunction; readonly position: TokenPosition }
    | undefined {
    const evaluated = this.#functionOf(task);
    if (evaluated === undefined) return undefined;
    const { fn, columnsBefore } = evaluated;
    const columnInSource = line === 1 ? column - columnsBefore : column;
    return { fn, position: tokenAt(fn.tokens, line, columnInSource) };
  }

  #functionOf(task: number): EvaluatedFunction | undefined {
    if (this.#functions.has(task)) return this.#functions.get(task);
    const source = this.#sourceOf(task);
    const evaluated = source === undefined
      ? undefined
      : evaluatedFunction(source);
    this.#functions.set(task, evaluated);
    return evaluated;
  }
}

function evaluatedFunction(expression: string): EvaluatedFunction | undefined {
  for (const pattern of EXPRESSIONS) {
    const found = pattern.exec(expression);
    if (found === null) continue;
    const [, before, source] = found;
    const columnsBefore = COLUMNS_BEFORE + before.length;
    return { fn: sentFunction(source), columnsBefore };
  }
  return undefined;
}

/** The token at a position. */
function tokenAt(
  tokens: readonly Token[],
  line: number,
  column: number,
): TokenPosition {
  const index = tokens.findLastIndex((token) =>
    token.line < line || (token.line === line && token.column <= column)
  );
  if (index <= 0) return { index: 0, isName: false };
  const { text, column: start, nameColumn } = tokens[index];
  // Bun names the parenthesis of a call, except in files that it has compiled.
  const isCall = text === "(" && start === column &&
    /[\p{ID_Continue}$]$/u.test(tokens[index - 1].text);
  return isCall
    ? { index: index - 1, isName: true }
    : { index, isName: column >= nameColumn };
}

function positionIn(line: string): Position | undefined {
  const found = FILE_FRAME.exec(line);
  if (found === null) return undefined;
  const [, file, row, column] = found;
  return { file, line: Number(row), column: Number(column) };
}

/** Whether it is a frame between the function of a call and the worker, or below all others. */
function isRunner(line: string, below: string | undefined): boolean {
  return RUNTIME_FRAME.test(line) &&
    (below === undefined || CALLED.test(below));
}

function textOf({ file, line, column }: Position): string {
  return `${file}:${line}:${column}`;
}

/** A place as it follows the name of a function, or stands alone. */
function inFrame(before: string, place: string): string {
  return /^\s+at (?:async )?$/.test(before) ? place : `(${place})`;
}
