/**
 * `loom top`: shows what a process does, once or until a key is pressed.
 *
 * @module
 */

import process from "node:process";
import { setTimeout } from "node:timers/promises";
import { permittedVariable } from "../../config/env.ts";
import { InvalidConfigError, LoomError } from "../../errors.ts";
import { ask, findSocket } from "../../observer/client.ts";
import type { Snapshot } from "../../observer/snapshot.ts";
import {
  renderTop,
  type Screen,
  TASK_ORDERS,
  THREAD_ORDERS,
} from "./render.ts";
import { Terminal } from "./terminal.ts";
import { type TopView, viewOf } from "./view.ts";

/** Options of `loom top` as the command line gives them. */
export interface TopFlags {
  readonly once?: boolean;
  readonly interval: string;
}

/** What the command has to print when it is over. */
export interface TopOutput {
  /** For people. */
  readonly text: string;
  /** For programs. */
  readonly data: unknown;
}

const MIN_INTERVAL_MS = 100;

/** What is shown first. */
const FIRST_SCREEN: Screen = {
  columns: 80,
  color: false,
  threadOrder: THREAD_ORDERS[0],
  taskOrder: TASK_ORDERS[0],
  scroll: 0,
  isPaused: false,
};

/**
 * Shows a process in the terminal until the user quits. Without a terminal, returns one picture.
 *
 * @param target The id of the process, or the path of its socket.
 * @throws {LoomError} If it cannot be reached.
 */
export async function runTop(
  target: string | undefined,
  { once = false, interval }: TopFlags,
): Promise<TopOutput> {
  const intervalMs = Number(interval) * 1000;
  if (!(intervalMs >= MIN_INTERVAL_MS)) {
    throw new InvalidConfigError(
      `Cannot use --interval ${interval}: it must be a number of seconds from 0.1 on`,
    );
  }
  const socket = await findSocket(target);
  const first = await snapshotOf(socket);
  if (!once && process.stdout.isTTY && process.stdin.isTTY) {
    return await new Top(socket, intervalMs, first).run();
  }
  await setTimeout(intervalMs);
  const view = viewOf(await snapshotOf(socket), first);
  return { text: renderTop(view, FIRST_SCREEN).join("\n"), data: view };
}

async function snapshotOf(socket: string): Promise<Snapshot> {
  return JSON.parse(await ask(socket, "/snapshot"));
}

/** The live view. */
class Top {
  readonly #socket: string;
  readonly #intervalMs: number;
  #before: Snapshot;
  #view: TopView;
  #screen: Screen = { ...FIRST_SCREEN, color: wantsColor() };
  readonly #terminal: Terminal;
  readonly #ended = new AbortController();

  constructor(socket: string, intervalMs: number, first: Snapshot) {
    this.#socket = socket;
    this.#intervalMs = intervalMs;
    this.#before = first;
    this.#view = viewOf(first, first);
    this.#terminal = new Terminal(
      (key) => this.#press(key),
      () => this.#draw(),
      () => this.#ended.abort(),
    );
  }

  /** Shows it until a key ends that, or the process. */
  async run(): Promise<TopOutput> {
    const { signal } = this.#ended;
    const { pid } = this.#view;
    try {
      this.#draw();
      while (!signal.aborted) {
        await setTimeout(this.#intervalMs, undefined, { signal })
          .catch(() => {});
        if (signal.aborted || this.#screen.isPaused) continue;
        const now = await snapshotOf(this.#socket);
        this.#view = viewOf(now, this.#before);
        this.#before = now;
        if (!signal.aborted) this.#draw();
      }
      return { text: "", data: null };
    } catch (error) {
      if (!(error instanceof LoomError)) throw error;
      const text = `Process ${pid} is gone: ${error.message}`;
      return { text, data: { error: error.message } };
    } finally {
      this.#terminal.close();
    }
  }

  #draw(): void {
    const screen = { ...this.#screen, ...this.#terminal.size };
    this.#terminal.draw(renderTop(this.#view, screen));
  }

  #press(key: string): void {
    const { threadOrder, taskOrder, scroll, isPaused } = this.#screen;
    const last = this.#view.threads.length - 1;
    const changes: Readonly<Record<string, Partial<Screen>>> = {
      s: { threadOrder: next(THREAD_ORDERS, threadOrder), scroll: 0 },
      t: { taskOrder: next(TASK_ORDERS, taskOrder) },
      p: { isPaused: !isPaused },
      up: { scroll: Math.max(0, scroll - 1) },
      down: { scroll: Math.min(last, scroll + 1) },
    };
    if (key === "q" || key === "\x03") return this.#ended.abort();
    const name = key.endsWith("A") && key !== "A"
      ? "up"
      : key.endsWith("B") && key !== "B"
      ? "down"
      : key;
    if (!Object.hasOwn(changes, name)) return;
    this.#screen = { ...this.#screen, ...changes[name] };
    this.#draw();
  }
}

function next<T>(all: readonly T[], one: T): T {
  return all[(all.indexOf(one) + 1) % all.length];
}

/** See https://no-color.org. */
function wantsColor(): boolean {
  return !permittedVariable("NO_COLOR") && permittedVariable("TERM") !== "dumb";
}
