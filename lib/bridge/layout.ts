/**
 * Every offset in shared memory, in 32-bit words unless a name says otherwise. No other
 * file contains such a number.
 *
 * @module
 */

/** Words between two values that different threads write: 128 bytes, since some CPUs
 * fetch cache lines in pairs. No fewer than a thread's own words, THREAD_PARK and so on. */
export const LINE_WORDS = 32;

// Lane: the calls of one thread (its owner) to one pool of workers.
//   name      written by            meaning
//   CLAIMED   workers               the next ticket to take from the ring
//   DONE      workers, owner        head of the chain of completed slots; ARMED bit
//   SEEN      owner                 how far it has read that chain; for its successor
//   RING      owner                 capacity entries of ENTRY_WORDS: calls to take
//   USE       owner                 capacity bytes: whether the slot is in use; no worker
//                                   looks here, so that completing a call costs the owner
//                                   no write to a line that a worker is writing
//   SLOTS     worker                capacity slots of SLOT_WORDS: results
//   INLINE    owner, then worker    capacity areas of INLINE_BYTES for small payloads

/** Lane: next ticket to take; advanced by workers. */
export const LANE_CLAIMED = 0;
/** Lane: head of the chain of completed slots. */
export const LANE_DONE = LINE_WORDS;
/** Lane: how far the owner has read the completions. */
export const LANE_SEEN = 2 * LINE_WORDS;
/** Lane: first ring entry. */
export const LANE_RING = 3 * LINE_WORDS;

// Entry: a call on its way to a worker. Everything that a small call needs is in the line
// that workers watch: seeing a call and reading it cost one transfer between CPUs.
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

// Slot: a call with a worker, and its result. Four words, so that four neighbours share a
// cache line: calls in bulk then cost a quarter of a line each.
//   word  name   written by       meaning
//   0     META   worker           RUNNING or DONE: see slot_state.ts
//   1     LINK   worker           the stamp that was completed before this one
//   2-3   VALUE  worker           a float64, or where the bytes are and how many

/** Words of one slot. */
export const SLOT_WORDS = 4;
/** Slot: state and kind. */
export const SLOT_META = 0;
/** Slot: the completion before this one. */
export const SLOT_LINK = 1;
/** Slot: first word of the value. */
export const SLOT_VALUE = 2;

/** Bytes of the area beside each slot that holds payloads too small for the arena. */
export const INLINE_BYTES = 256;

// A lane has at most 2^15 slots (the configuration's limit): a stamp of 31 bits then keeps
// as many bits for the ticket as for the slot, see ring.ts.

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

/** Bytes of a lane with `capacity` slots. */
export function laneBytes(capacity: number): number {
  return laneInlineByte(capacity) + capacity * INLINE_BYTES;
}

// Control block: one per runtime, seen by all its threads.
//   name      written by            meaning
//   PHASE     main thread           RUNNING or STOPPING
//   NEWS      any thread            counts changes that workers must look into: messages,
//                                   a lane in use for the first time, a lost worker
//   pools     any thread            per pool, see idle_set.ts: COUNTS, then SLEEPERS
//   threads   see each word         per thread: PARK, SERIAL, ID, LANES, IDLE

/** Control: PHASE_RUNNING or PHASE_STOPPING. */
export const CONTROL_PHASE = 0;
/** Control: number of changes that threads must look into. */
export const CONTROL_NEWS = LINE_WORDS;
const CONTROL_POOLS = 2 * LINE_WORDS;

/** The runtime serves calls. */
export const PHASE_RUNNING = 0;
/** Workers end as soon as they see this. */
export const PHASE_STOPPING = 1;

/** Which pool a lane or worker belongs to: compute workers, or event-loop workers. */
export type PoolKind = 0 | 1;
/** The compute workers. */
export const COMPUTE: PoolKind = 0;
/** The event-loop workers. */
export const ASYNC: PoolKind = 1;

/** Thread: its parker; written by whoever unparks it. */
export const THREAD_PARK = 0;
/** Thread: serial number of the worker that is alive under this index; main thread writes. */
export const THREAD_SERIAL = 1;
/** Thread: the kernel's id of it; the thread itself writes. */
export const THREAD_ID = 2;
/** Thread: whether it runs, searches or sleeps, see idle_set.ts; for its successor. */
export const THREAD_IDLE = 4;
/** Thread: a bit per pool whose lane the thread has used; the thread itself writes. */
export const THREAD_LANES = 3;

/** Words of the set of sleeping workers of one pool. */
function sleeperWords(threadCount: number): number {
  return Math.ceil(threadCount / 32);
}

/** Pool: how many workers search and how many sleep. */
export function poolCounts(pool: PoolKind, threadCount: number): number {
  const poolWords = LINE_WORDS + alignToLine(sleeperWords(threadCount));
  return CONTROL_POOLS + pool * poolWords;
}

/** Pool: first word of the set of sleeping workers, a bit per thread. */
export function poolSleepers(pool: PoolKind, threadCount: number): number {
  return poolCounts(pool, threadCount) + LINE_WORDS;
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

// Arena: large payloads that its owner sends. Blocks are 8-byte aligned: BLOCK_HEADER
// words, then the payload.
//   name      written by            meaning
//   RETURNED  readers, owner        stack of blocks that were read, newest on top
//   WANTED    owner, readers        the owner waits for a block to come back
//   UNUSED    owner                 where memory begins that was never used

/** Arena: top of the stack of returned blocks, in units of 8 bytes; 0 when empty. */
export const ARENA_RETURNED = 0;
/** Arena: 1 while the owner waits for a block. */
export const ARENA_WANTED = 1;
/** Arena: where memory begins that was never used, in units of 8 bytes. */
export const ARENA_UNUSED = 2;
/** First byte of the first block. */
export const ARENA_BLOCKS_BYTE = LINE_WORDS * 4;
/** Bytes before each payload: the next returned block, and the block's size class. */
export const BLOCK_HEADER_BYTES = 8;

// Task table: what was made known to the workers, appended for ever.
//   name        written by             meaning
//   COUNT       any thread, by add     tasks so far
//   USED        any thread, by add     bytes of TEXT in use, in 16-bit units
//   INDEX       who added the task     per task: where its text starts + 1, and its length
//   TEXT        who added the task     UTF-16

/** Task table: tasks so far. */
export const TASKS_COUNT = 0;
/** Task table: 16-bit units of text in use. */
export const TASKS_USED = 1;
/** Task table: first index entry. */
export const TASKS_INDEX = LINE_WORDS;
/** Most tasks that one runtime can know: their numbers have to fit a slot's META. */
export const MAX_TASKS = 1 << 16;
/** Most 16-bit units of text that all tasks may have together. */
export const MAX_TASK_TEXT = 1 << 23;
