/**
 * Reserves CPUs between runtimes, of this process and of other programs, so that each prefers
 * CPUs on which no other has threads. Nothing is enforced.
 *
 * @module
 */

import process from "node:process";
import { closeFile, linkTarget } from "../../ffi/shared_files.ts";
import { readSmallFile } from "../../ffi/system_files.ts";
import { formatCpuset } from "../placement/cpuset.ts";
import { threadState } from "../thread_state.ts";
import { currentThread } from "./pin.ts";
import { ProcessRecord } from "./process_record.ts";
import { pinnedCpu } from "./thread_mask.ts";
import { type Seat, type SeatedThread, SeatFile } from "./seats.ts";

export type { SeatedThread };

/** Names a folder for the file instead of the usual ones; empty: CPUs are not reserved. */
export const FOLDER_VARIABLE = "LOOM_RESERVATION_DIR";

/** Folders in which every user may write, so that programs of all users meet. */
const SHARED_FOLDERS = ["/dev/shm", "/run/lock", "/tmp"];

/**
 * How often to try, once a millisecond, while another program chooses its CPUs. On a busy machine
 * that takes many times as long as it computes; a program that ends meanwhile ends its turn.
 */
const MAX_TRIES = 400;

/** Shared by all copies of the library on this thread. */
const state = threadState("reservation", () => ({
  /** The file; or why there is none; undefined until it is needed. */
  file: undefined as SeatFile | string | undefined,
  /** The threads of this isolate's runtimes, by their seats. */
  own: new Map<Seat, SeatedThread>(),
  hasWarned: false,
}));

/** The CPUs that one runtime has reserved. */
export class Reservation {
  readonly #file: SeatFile | undefined;
  readonly #seats: Seat[] = [];

  private constructor(file: SeatFile | undefined) {
    this.#file = file;
  }

  /**
   * Chooses CPUs for a runtime and reserves them. No other runtime chooses meanwhile, unless
   * it has been stopped while it does.
   *
   * @param cpuCount One more than the highest CPU to look at.
   * @param choose Gets the threads of other runtimes, without the calling thread; returns
   *   the own ones and their CPUs.
   */
  static async make<T>(
    cpuCount: number,
    choose: (
      others: readonly SeatedThread[],
    ) => { readonly chosen: T; readonly threads: readonly SeatedThread[] },
  ): Promise<{ readonly chosen: T; readonly reservation: Reservation }> {
    const file = openSeats();
    if (typeof file === "string") {
      return {
        chosen: choose([]).chosen,
        reservation: new Reservation(undefined),
      };
    }
    const hasTurn = await waitForTurn(file);
    try {
      const { chosen, threads } = choose(otherThreads(file, cpuCount));
      const reservation = new Reservation(file);
      reservation.#take(file, threads);
      return { chosen, reservation };
    } finally {
      if (hasTurn) file.endChoice();
    }
  }

  /** Gives the CPUs back. */
  release(): void {
    for (const seat of this.#seats.splice(0)) {
      this.#file?.giveBack(seat);
      state.own.delete(seat);
    }
  }

  #take(file: SeatFile, threads: readonly SeatedThread[]): void {
    for (const thread of threads) {
      const seat = file.take(thread);
      if (seat === undefined) continue;
      this.#seats.push(seat);
      state.own.set(seat, thread);
    }
  }
}

/** The file of this isolate; 0 if it has not opened one. */
export function reservationFile(): number {
  return state.file instanceof SeatFile ? state.file.file : 0;
}

/** Who has reserved CPUs below `cpuCount`, and in which file; or why that is unknown. */
export function reservedThreads(
  cpuCount: number,
):
  | { readonly path: string; readonly threads: readonly SeatedThread[] }
  | { readonly failure: string } {
  const file = openSeats();
  if (typeof file === "string") return { failure: file };
  return { path: file.path, threads: seatedThreads(file, cpuCount) };
}

/**
 * The warning that a runtime shares CPUs with other programs; undefined if it does not, or
 * if this thread has shown it before.
 *
 * @param cpus The CPUs of the runtime.
 */
export function sharingWarning(
  cpus: readonly number[],
  others: readonly SeatedThread[],
): string | undefined {
  const sharing = others.filter(({ cpu, processId }) =>
    processId !== process.pid && cpus.includes(cpu)
  );
  if (sharing.length === 0 || state.hasWarned) return undefined;
  state.hasWarned = true;
  const shared = [...new Set(sharing.map(({ cpu }) => cpu))];
  return `threads share CPU ${formatCpuset(shared)} with other programs: ${
    describePrograms(sharing)
  }; start fewer threads, set cpuset, or set reserve to false`;
}

/** The programs of threads, each with its process id. */
export function describePrograms(threads: readonly SeatedThread[]): string {
  const processIds = [...new Set(threads.map(({ processId }) => processId))];
  const described = processIds.slice(0, MAX_PROGRAMS).map((processId) =>
    `"${programOf(processId)}" (process ${processId})`
  );
  const more = processIds.length - described.length;
  return described.join(", ") + (more > 0 ? ` and ${more} more` : "");
}

const MAX_PROGRAMS = 5;
const MAX_PROGRAM_LENGTH = 60;

/**
 * The command line of a process, without flags and folders. A process of another container
 * is unknown.
 */
function programOf(processId: number): string {
  const read = readSmallFile(`/proc/${processId}/cmdline`, 4096);
  const words = read.ok ? read.value.split("\0") : [];
  const text = words.filter((word) => word !== "" && !word.startsWith("-"))
    .map((word) => word.slice(word.lastIndexOf("/") + 1)).join(" ");
  if (text === "") return "unknown program";
  return text.length <= MAX_PROGRAM_LENGTH
    ? text
    : `${text.slice(0, MAX_PROGRAM_LENGTH - 1)}…`;
}

/** Several runtimes of this thread may have reserved its CPU. */
function otherThreads(file: SeatFile, cpuCount: number): SeatedThread[] {
  const cpu = pinnedCpu();
  const own = [...state.own.values()].filter((thread) =>
    thread.role !== "async" || thread.cpu !== cpu
  );
  return [...file.seated(cpuCount), ...own];
}

function seatedThreads(file: SeatFile, cpuCount: number): SeatedThread[] {
  return [...file.seated(cpuCount), ...state.own.values()];
}

/** The file of seats, opened when it is first needed. */
function openSeats(): SeatFile | string {
  if (state.file === undefined) {
    closeThatOfEarlierIsolate();
    const folders = foldersToTry();
    state.file = folders.length === 0
      ? `${FOLDER_VARIABLE} is empty`
      : SeatFile.open(folders);
  }
  return state.file;
}

/** Deno may start a program again in the same process and on the same thread. */
function closeThatOfEarlierIsolate(): void {
  const record = ProcessRecord.find();
  const threadId = currentThread();
  const recorded = record?.thread(threadId);
  if (record === undefined || !recorded?.reservation) return;
  const target = linkTarget(`/proc/self/fd/${recorded.reservation}`);
  if (target.ok && target.value.endsWith("/loom/cpus")) {
    closeFile(recorded.reservation);
  }
  record.setThread(threadId, { ...recorded, reservation: 0 });
}

/** The part of Deno that reports whether a variable may be read without a prompt. */
interface DenoPermissions {
  readonly permissions: {
    querySync(
      descriptor: { name: "env"; variable: string },
    ): { readonly state: string };
  };
}

function foldersToTry(): readonly string[] {
  const { Deno } = globalThis as { Deno?: DenoPermissions };
  const variable = FOLDER_VARIABLE;
  const mayRead = Deno === undefined ||
    Deno.permissions.querySync({ name: "env", variable }).state === "granted";
  const folder = mayRead ? process.env[variable] : undefined;
  if (folder === undefined) return SHARED_FOLDERS;
  return folder === "" ? [] : [folder];
}

async function waitForTurn(file: SeatFile): Promise<boolean> {
  for (let tries = 0; tries < MAX_TRIES; tries++) {
    if (file.tryBeginChoice()) return true;
    await new Promise((resolve) => setTimeout(resolve, 1));
  }
  return false;
}
