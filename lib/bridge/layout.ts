/**
 * Every offset in shared memory, in 32-bit words unless the name says bytes. No other file
 * contains an offset.
 *
 * @module
 */

/**
 * Words between two values that different threads write: 128 bytes, because some CPUs fetch
 * cache lines in pairs. Must be at least the number of THREAD_ words.
 */
export const LINE_WORDS = 32;

/** Index of the main thread. */
export const MAIN_THREAD = 0;

// Lane: the calls of one thread (its owner) to one pool of workers.
//   name      written by            meaning
//   CLAIMED   workers               next ticket to take from the ring
//   DONE      workers, owner        stamp that was completed last; ARMED bit
//   SEEN      owner                 stamp that was drained last; for the next owner
//   RING      owner                 capacity entries of ENTRY_WORDS: calls to take
//   USE       owner                 capacity bytes: whether the slot is in use. Workers do
//                                   not read it, so the owner frees a slot without a write
//                                   to a cache line that a worker writes
//   SLOTS     worker, owner         capacity slots of SLOT_WORDS: results
//   INLINE    owner, then worker    capacity areas of INLINE_BYTES for small payloads
//   CALLS     owner, worker         capacity times CALL_WORDS: what controlled calls need
//   RINGS     as CLAIMED and RING   the other rings: high and low
//   BY_SLOT   owner                 capacity entries of ENTRY_WORDS: calls in direct rings
//   DIRECT    as CLAIMED and RING   for each worker, a ring of stamps
//   TIMES     owner, worker         capacity times two float64: when the call began to run, and
//                                   for how long, in milliseconds; 0 and -1 until then

/** Lane: next ticket to take. */
export const LANE_CLAIMED = 0;
/** Lane: stamp that was completed last. */
export const LANE_DONE = LINE_WORDS;
/** Lane: stamp that the owner drained last. */
export const LANE_SEEN = 2 * LINE_WORDS;
/** Lane: first ring entry. */
export const LANE_RING = 3 * LINE_WORDS;

// Entry: a call that no worker has taken. All of a small call is in the cache line that
// workers poll, so finding and reading it costs one transfer between CPUs.
//   word  name   written by       meaning
//   0     STAMP  owner            ticket and slot; the store that publishes the call
//   1     META   owner            task and kind: see slot_state.ts
//   2-3   VALUE  owner            a float64, or where the bytes are and how many

/** Words of one entry: four share a cache line. */
export const ENTRY_WORDS = 4;
/** Entry: task and kind. */
export const ENTRY_META = 1;
/** Entry: first word of the value. */
export const ENTRY_VALUE = 2;

// Slot: a call that a worker runs, then its result. Four slots share a cache line, so that
// many small calls cost a quarter of a line each.
//   word  name   written by       meaning
//   0     META   worker, owner    RUNNING, DONE or cleared: see slot_state.ts
//   1     LINK   worker           stamp that was completed before this one
//   2-3   VALUE  worker           a float64, or where the bytes are and how many

/** Words of one slot. */
export const SLOT_WORDS = 4;
/** Slot: state and kind. */
export const SLOT_META = 0;
/** Slot: the completion before this one. */
export const SLOT_LINK = 1;
/** Slot: first word of the value. */
export const SLOT_VALUE = 2;

/** Bytes of each slot's inline area; larger payloads go into an arena. */
export const INLINE_BYTES = 256;

// Call: whether a controlled call is cancelled, see call_words.ts. Each has a cache line of its
// own, because a task may read CALL in a tight loop.
//   word  name   written by       meaning
//   0     CALL   owner, worker    whether the call waits, has started, is cancelled
//   1     START  worker           when it has started, if it has a time limit

/** Words of one controlled call. */
export const CALL_WORDS = LINE_WORDS / 2;
/** Call: its state. */
export const CALL_STATE = 0;
/** Call: when it has started. */
export const CALL_START = 1;

// A lane has at most 2^15 slots, the limit of the configuration: a stamp of 31 bits then has
// 16 bits for the ticket, see ring.ts.

/** First byte of the use flags of a lane with `capacity` slots. */
export function laneUseByte(capacity: number): number {
  return (LANE_RING + capacity * ENTRY_WORDS) * 4;
}

/** First word of the slots of a lane with `capacity` slots. */
export function laneSlots(capacity: number): number {
  return alignToLine((laneUseByte(capacity) + capacity) / 4);
}

/** First byte of the inline areas of a lane with `capacity` slots. */
export function laneInlineByte(capacity: number): number {
  return (laneSlots(capacity) + capacity * SLOT_WORDS) * 4;
}

/** The ring that most calls go through. */
export const NORMAL_RING = 0;
/** The ring of calls that workers take first. */
export const HIGH_RING = 1;
/** The ring of calls that workers take last. */
export const LOW_RING = 2;
/**
 * The first *direct* ring: one for each worker of the pool, which alone takes from it. Their
 * entries have stamps only, because there is such a ring for each pair of threads.
 */
export const DIRECT_RINGS = 3;

/** Where CLAIMED and the first entry of a ring are. */
export interface RingPlace {
  /** Word of CLAIMED. */
  readonly claimed: number;
  /** First word of the entries. */
  readonly entries: number;
  /**
   * First word of the entries by slot, which have META and VALUE of the calls of this ring; 0
   * when its own entries have them.
   */
  readonly bySlot: number;
}

/** Where ring number `ring` of a lane with `capacity` slots is. */
export function ringPlace(ring: number, capacity: number): RingPlace {
  if (ring === NORMAL_RING) {
    return { claimed: LANE_CLAIMED, entries: LANE_RING, bySlot: 0 };
  }
  const rings = laneRings(capacity);
  if (ring < DIRECT_RINGS) {
    const first = rings + (ring - 1) * ringWords(capacity, ENTRY_WORDS);
    return { claimed: first, entries: first + LINE_WORDS, bySlot: 0 };
  }
  const bySlot = rings + (DIRECT_RINGS - 1) * ringWords(capacity, ENTRY_WORDS);
  const first = bySlot + alignToLine(capacity * ENTRY_WORDS) +
    (ring - DIRECT_RINGS) * ringWords(capacity, STAMP_WORDS);
  return { claimed: first, entries: first + LINE_WORDS, bySlot };
}

/** Words of an entry that has a stamp only. */
const STAMP_WORDS = 1;

/** First word of the controlled calls of a lane with `capacity` slots. */
export function laneCalls(capacity: number): number {
  return alignToLine(laneInlineByte(capacity) / 4) +
    alignToLine(capacity * INLINE_BYTES / 4);
}

/** First word of the other rings. */
function laneRings(capacity: number): number {
  return laneCalls(capacity) + alignToLine(capacity * CALL_WORDS);
}

function ringWords(capacity: number, entryWords: number): number {
  return LINE_WORDS + alignToLine(capacity * entryWords);
}

/** Bytes of a lane with `capacity` slots for a pool of `workerCount` workers. */
export function laneBytes(capacity: number, workerCount: number): number {
  const { claimed: end } = ringPlace(DIRECT_RINGS + workerCount, capacity);
  return end * 4 + capacity * TIMES_BYTES;
}

/** First byte of the times of a lane of so many bytes, which are the last in it. */
export function laneTimesByte(byteLength: number, capacity: number): number {
  return byteLength - capacity * TIMES_BYTES;
}

/** Bytes of the times of one slot. */
const TIMES_BYTES = 16;

// Control block: one per runtime, seen by all its threads.
//   name      written by            meaning
//   PHASE     main thread           RUNNING, CLOSING or STOPPING
//   RECORDING main thread           1 while threads record their calls, see recording.ts
//   NEWS      any thread            number of announced changes: messages, the first use of
//                                   a lane, a lost worker, shutdown
//   TRACKED   workers               counts how often a worker has begun tracked work
//   RUNTIME   main thread           a random number that distinguishes the runtime from others
//   pools     any thread            per pool, see idle_set.ts: COUNTS, SLEEPERS, FULL
//   threads   see each word         per thread: PARK, SERIAL, ID, LANES, IDLE,
//                                   WORK, CLOSED, TASK, BLOCK, SIGNALS, RETIRING

/** Control: PHASE_RUNNING, PHASE_CLOSING or PHASE_STOPPING. */
export const CONTROL_PHASE = 0;
/** Control: whether threads record their calls. */
export const CONTROL_RECORDING = 1;
/** Control: number of announced changes. */
export const CONTROL_NEWS = LINE_WORDS;
/** Control: how often a worker has begun tracked work, see tracked_work.ts. */
export const CONTROL_TRACKED = 2 * LINE_WORDS;
/** Control: distinguishes the runtime from others of the process. Never changes. */
export const CONTROL_RUNTIME = CONTROL_TRACKED + 1;
const CONTROL_POOLS = 3 * LINE_WORDS;

/** Workers serve calls. */
export const PHASE_RUNNING = 0;
/** Shutdown waits for tracked work: a worker that has none left unparks the main thread. */
export const PHASE_CLOSING = 1;
/** Workers end as soon as they see this. */
export const PHASE_STOPPING = 2;

/** The pool of a lane or worker: {@linkcode COMPUTE} or {@linkcode ASYNC}. */
export type PoolKind = 0 | 1;
/** The compute workers. */
export const COMPUTE: PoolKind = 0;
/** The event-loop workers. */
export const ASYNC: PoolKind = 1;

/** Thread: the word of its parker; written by any thread. */
export const THREAD_PARK = 0;
/** Thread: serial number of the worker with this index; the main thread writes. */
export const THREAD_SERIAL = 1;
/** Thread: its id in the kernel; the thread itself writes. */
export const THREAD_ID = 2;
/** Thread: whether it runs, searches or sleeps, see idle_set.ts; for its replacement. */
export const THREAD_IDLE = 4;
/**
 * Thread: for each pool, RING_CLASSES bits: which kinds of rings of its lane it has used. The
 * thread itself writes.
 */
export const THREAD_LANES = 3;

/** Bits of THREAD_LANES for each pool: the first three rings, then all direct ones. */
export const RING_CLASSES = 4;

/** Thread: whether it has tracked work in flight, see tracked_work.ts. */
export const THREAD_WORK = 5;

/** Thread: serial number of the last worker whose ports closed; written before they do. */
export const THREAD_CLOSED = 6;

/** Thread: whether it may be ended from outside, see task_guard.ts. */
export const THREAD_TASK = 7;

/** Thread: the word of the parker on which it blocks in the middle of a task. */
export const THREAD_BLOCK = 8;

/** Thread: how often what it waits for has changed; see lib/sync. Any thread writes. */
export const THREAD_SIGNALS = 9;

/** Thread: serial number of the last worker that was to retire; the main thread writes. */
export const THREAD_RETIRING = 10;

/** Words of a set of workers of one pool, one bit per thread. */
function setWords(threadCount: number): number {
  return Math.ceil(threadCount / 32);
}

/** Pool: number of searching and of sleeping workers. */
export function poolCounts(pool: PoolKind, threadCount: number): number {
  const poolWords = LINE_WORDS + 2 * alignToLine(setWords(threadCount));
  return CONTROL_POOLS + pool * poolWords;
}

/** Pool: first word of the set of sleeping workers, one bit per thread. */
export function poolSleepers(pool: PoolKind, threadCount: number): number {
  return poolCounts(pool, threadCount) + LINE_WORDS;
}

/** Pool: first word of the set of full workers, one bit per thread. */
export function poolFull(pool: PoolKind, threadCount: number): number {
  return poolSleepers(pool, threadCount) + alignToLine(setWords(threadCount));
}

/** First word of a thread's part of the control block. */
export function threadWords(thread: number, threadCount: number): number {
  return poolCounts(2 as PoolKind, threadCount) + thread * LINE_WORDS;
}

/** Bytes of the control block for `threadCount` threads. */
export function controlBytes(threadCount: number): number {
  return threadWords(threadCount, threadCount) * 4;
}

function alignToLine(words: number): number {
  return Math.ceil(words / LINE_WORDS) * LINE_WORDS;
}

// Arena: large payloads that its owner sends. Blocks are aligned to 8 bytes and begin with a
// header of BLOCK_HEADER_BYTES.
//   name      written by            meaning
//   RETURNED  readers, owner        stack of released blocks, newest on top
//   WANTED    owner, readers        1 while the owner waits for a block
//   UNUSED    owner                 end of the last block

/** Arena: top of the stack of released blocks, in units of 8 bytes; 0 when empty. */
export const ARENA_RETURNED = 0;
/** Arena: 1 while the owner waits for a block. */
export const ARENA_WANTED = 1;
/** Arena: end of the last block, in units of 8 bytes. */
export const ARENA_UNUSED = 2;
/** Bytes of a block's header: the next block on the stack, then size class and flag. */
export const BLOCK_HEADER_BYTES = 8;
/**
 * Arena: offset in bytes of the first block. Payloads begin on a cache line, because some CPUs
 * copy to other addresses many times as slowly.
 */
export const ARENA_BLOCKS_BYTE = LINE_WORDS * 8 - BLOCK_HEADER_BYTES;

// Texts: what messages contain by number.
//   name      written by            meaning
//   END       any thread            first word that is not in use; 0 before the first text
//   records   the adding thread     number of 16-bit units, 0 until they are written; then
//                                   the units, two in each word

/** Texts: first word that is not in use. */
export const TEXTS_END = 0;
/** Texts: the first record. */
export const TEXTS_FIRST = 1;
/** Words of all texts together; their numbers, at most 14 bits, take two bytes in messages. */
export const TEXTS_WORDS = 1 << 14;
