/**
 * Splits the text of a program into tokens, well enough to compare two texts.
 *
 * @module
 */

/** A part of a text. */
export interface Token {
  /** What two texts are compared by: a string without its quotes, a number without `_`. */
  readonly text: string;
  /** Line of its first character, from 1. */
  readonly line: number;
  /** Column of its first character, from 1. */
  readonly column: number;
  /** The same, but behind the `new` that belongs to it: Bun leaves that out for some classes. */
  readonly nameColumn: number;
}

// Comments, and semicolons, which compilers add, are no tokens. Each other character that is
// part of nothing longer is one.
const TOKEN =
  /\s+|\/\/.*|\/\*[^]*?\*\/|;|(["'])((?:\\[^]|(?!\1)[^\\\n])*)\1|[\p{ID_Start}$_][\p{ID_Continue}$]*|\d[\w.]*|[^]/uy;
const REGULAR_EXPRESSION =
  /\/(?![*/])(?:\\.|\[(?:\\.|[^\]\\\n])*\]|[^/\\[\n])+\/\w*/y;
const TEMPLATE_TEXT = /(?:\\[^]|\$(?!\{)|[^`\\$])+/y;
/** A slash after one of these begins a regular expression. */
const BEFORE_EXPRESSION =
  /^(?:[([{},=:!&|?+\-*%<>~^]|return|typeof|case|in|of|throw|await|yield|void)$/;

/** The tokens of a TypeScript or JavaScript text. */
export function tokensOf(text: string): Token[] {
  const scanner = new Scanner(text);
  scanner.scan();
  return scanner.tokens;
}

class Scanner {
  readonly tokens: Token[] = [];
  readonly #text: string;
  #at = 0;
  #line = 1;
  #lineStart = 0;

  constructor(text: string) {
    this.#text = text;
  }

  /** Reads to the end, or in a template behind the brace that closes a part with code. */
  scan(isInTemplate = false): void {
    let depth = 0;
    while (this.#at < this.#text.length) {
      const char = this.#text[this.#at];
      if (char === "`") {
        this.#scanTemplate();
        continue;
      }
      if (char === "{") depth++;
      else if (char === "}" && depth-- === 0 && isInTemplate) {
        this.#take("}", 1);
        return;
      }
      this.#scanToken(char);
    }
  }

  #scanToken(char: string): void {
    if (char === "/" && this.#mayBeginExpression) {
      const found = this.#match(REGULAR_EXPRESSION);
      if (found !== null) return this.#take(found[0], found[0].length);
    }
    const [whole, quote, inQuotes] = this.#match(TOKEN)!;
    const isNoToken = /^(?:\s|\/[/*]|;)/.test(whole);
    if (isNoToken) return this.#skip(whole);
    const isNumber = /^\d/.test(whole);
    const text = isNumber ? whole.replaceAll("_", "") : whole;
    this.#take(quote === undefined ? text : `"${inQuotes}`, whole.length);
  }

  #scanTemplate(): void {
    this.#take("`", 1);
    while (this.#at < this.#text.length) {
      const found = this.#match(TEMPLATE_TEXT);
      if (found !== null) this.#take(`"${found[0]}`, found[0].length);
      else if (this.#text[this.#at] === "`") return this.#take("`", 1);
      else {
        this.#take("${", 2);
        this.scan(true);
      }
    }
  }

  get #mayBeginExpression(): boolean {
    const last = this.tokens.at(-1);
    return last === undefined || BEFORE_EXPRESSION.test(last.text);
  }

  #match(pattern: RegExp): RegExpExecArray | null {
    pattern.lastIndex = this.#at;
    return pattern.exec(this.#text);
  }

  #take(text: string, length: number): void {
    const nameColumn = this.#at - this.#lineStart + 1;
    const line = this.#line;
    const last = this.tokens.at(-1);
    const isNew = last?.text === "new" && last.line === line &&
      /^[\p{ID_Start}$_]/u.test(text);
    const { column } = isNew ? this.tokens.pop()! : { column: nameColumn };
    this.tokens.push({ text, line, column, nameColumn });
    this.#skip(this.#text.slice(this.#at, this.#at + length));
  }

  #skip(skipped: string): void {
    for (let end = -1; (end = skipped.indexOf("\n", end + 1)) >= 0;) {
      this.#line++;
      this.#lineStart = this.#at + end + 1;
    }
    this.#at += skipped.length;
  }
}
