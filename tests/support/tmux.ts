/**
 * A terminal for tests: a session of tmux.
 *
 * @module
 */

import { spawnSync } from "node:child_process";
import process from "node:process";
import { setTimeout } from "node:timers/promises";
import { scaleLimit } from "./slowdown.ts";

/** Earlier than the limit of a test, so that the test can show what the terminal does. */
const LIMIT_MS = scaleLimit(12_000);

/** Why tests that need a terminal cannot run. */
export const NO_TMUX = "tmux is not installed";

/** Whether `tmux` is installed. */
export function hasTmux(): boolean {
  return spawnSync("tmux", ["-V"]).status === 0;
}

let count = 0;

/** A terminal in which a command runs. */
export class Tmux implements Disposable {
  readonly #server = `loom-test-${process.pid}-${++count}`;

  /** @param command A shell runs it, in the folder of the test. */
  constructor(columns: number, rows: number, command: string) {
    const size = ["-x", String(columns), "-y", String(rows)];
    this.#tmux("new-session", "-d", ...size, command);
  }

  /** Presses keys, by their names in tmux. */
  press(...keys: string[]): void {
    this.#tmux("send-keys", ...keys);
  }

  /** Gives the terminal another size. */
  resize(columns: number, rows: number): void {
    this.#tmux("resize-window", "-x", String(columns), "-y", String(rows));
  }

  /** What it shows. */
  screen(): string[] {
    return this.#tmux("capture-pane", "-p").replace(/\n$/, "").split("\n");
  }

  /** What it shows, when that is as expected. */
  async shows(isExpected: (lines: string[]) => boolean): Promise<string[]> {
    const limitMs = performance.now() + LIMIT_MS;
    while (true) {
      const lines = this.screen();
      if (isExpected(lines)) return lines;
      if (performance.now() > limitMs) {
        throw new Error(`The terminal goes on to show:\n${lines.join("\n")}`);
      }
      await setTimeout(50);
    }
  }

  [Symbol.dispose](): void {
    spawnSync("tmux", ["-L", this.#server, "kill-server"]);
  }

  #tmux(...args: string[]): string {
    // Without the configuration of the user.
    const all = ["-L", this.#server, "-f", "/dev/null", ...args];
    const { status, stdout, stderr } = spawnSync("tmux", all, {
      encoding: "utf8",
      env: { ...process.env, LC_ALL: "C.UTF-8", TERM: "xterm-256color" },
    });
    if (status !== 0) throw new Error(`tmux ${args[0]}: ${stderr}`);
    return stdout;
  }
}
