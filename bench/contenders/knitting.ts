/**
 * knitting, with room for large values.
 *
 * @module
 */

import { whenReady } from "./ready.ts";
import { crossing } from "./bytes.ts";
import { createPool } from "./knitting_module.ts";
import * as tasks from "./knitting_tasks.ts";
import type { Pool } from "./pool.ts";

/** The largest value of a call; by default it is about 8 MiB. */
const MAX_PAYLOAD_BYTES = 32 << 20;
/** knitting accepts a largest payload of at most an eighth of its memory. */
const MEMORY_BYTES = 8 * MAX_PAYLOAD_BYTES;

/** Starts that many workers. */
export async function start(threads: number): Promise<Pool> {
  const { call, shutdown } = createPool({
    threads,
    payload: {
      payloadMaxByteLength: MEMORY_BYTES,
      maxPayloadBytes: MAX_PAYLOAD_BYTES,
    },
  })({ ...tasks });
  const { addOne, echo, busy } = call;
  const pool = await whenReady({
    addOne,
    echo,
    maxValueBytes: MAX_PAYLOAD_BYTES,
    busy,
    close: async () => await shutdown(),
  }, threads);
  const { pass, passable } = crossing(echo);
  return await keepsMemory(pass, passable) ? { ...pool, pass, passable } : pool;
}

/** Whether this version takes shared memory as it is; older ones do not. */
async function keepsMemory(
  pass: Required<Pool>["pass"],
  passable: Required<Pool>["passable"],
): Promise<boolean> {
  const sent = passable(8);
  try {
    const received = await pass(sent);
    sent[0] = 1;
    return received[0] === 1;
  } catch {
    return false;
  }
}
