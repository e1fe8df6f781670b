/**
 * A whole screen of a terminal, which is given back as it was.
 *
 * @module
 */

import process from "node:process";

const ENTER = "\x1b[?1049h\x1b[?25l";
const LEAVE = "\x1b[?25h\x1b[?1049l";
/** What ends a program unless it listens. */
const SIGNALS = ["SIGINT", "SIGTERM", "SIGHUP"] as const;

/** The terminal of this process, between the constructor and {@linkcode Terminal.close}. */
export class Terminal {
  readonly #onKey: (key: string) => void;
  readonly #onResize: () => void;
  readonly #onEnd: () => void;
  readonly #close = (): void => this.close();
  readonly #read = (data: string): void => {
    for (const key of keysIn(data)) this.#onKey(key);
  };
  #isOpen = true;

  /**
   * @param onKey Called with each key.
   * @param onResize Called when the terminal has another size.
   * @param onEnd Called when the process should end.
   */
  constructor(
    onKey: (key: string) => void,
    onResize: () => void,
    onEnd: () => void,
  ) {
    this.#onKey = onKey;
    this.#onResize = onResize;
    this.#onEnd = onEnd;
    process.stdout.write(ENTER);
    // However the process ends: a shell in raw mode is of no use.
    process.on("exit", this.#close);
    for (const signal of SIGNALS) process.on(signal, onEnd);
    process.on("SIGWINCH", onResize);
    process.stdin.setRawMode(true);
    process.stdin.setEncoding("utf8").on("data", this.#read);
    process.stdin.resume();
  }

  /** Its size. */
  get size(): { readonly columns: number; readonly rows: number } {
    const { columns = 80, rows = 24 } = process.stdout;
    return { columns, rows };
  }

  /** Shows lines, from the first one of the screen on. */
  draw(lines: readonly string[]): void {
    // At once, and without clearing first: the screen does not flicker.
    const rest = lines.map((line) => `${line}\x1b[K`).join("\r\n");
    process.stdout.write(`\x1b[H${rest}\x1b[J`);
  }

  /** Gives the terminal back. */
  close(): void {
    if (!this.#isOpen) return;
    this.#isOpen = false;
    process.off("exit", this.#close);
    for (const signal of SIGNALS) process.off(signal, this.#onEnd);
    process.off("SIGWINCH", this.#onResize);
    process.stdin.off("data", this.#read);
    process.stdin.setRawMode(false);
    process.stdin.pause();
    process.stdout.write(LEAVE);
  }
}

/** The keys in what was typed. Several may come at once; an arrow key is a sequence. */
function keysIn(data: string): string[] {
  const keys: string[] = [];
  for (let i = 0; i < data.length;) {
    const isSequence = data[i] === "\x1b" && /^[[O]$/.test(data[i + 1] ?? "");
    const length = isSequence ? 3 : 1;
    keys.push(data.slice(i, i + length));
    i += length;
  }
  return keys;
}
