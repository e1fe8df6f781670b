/**
 * Prints the result of each function, for a process without permission for FFI.
 *
 * @module
 */

import { openLibc } from "../../ffi/libc.ts";
import { reservedThreads } from "../../lib/affinity/reservation.ts";
import { ProcessRecord } from "../../lib/affinity/process_record.ts";
import {
  allowedCpus,
  pinCurrentThread,
  unpinCurrentThread,
} from "../../lib/affinity/pin.ts";
import { thisMachine } from "../../lib/placement/machine.ts";
import { cpuRecords } from "../../lib/placement/topology.ts";

const libc = openLibc();
console.log(JSON.stringify({
  libc: libc.ok ? libc.library.path : libc,
  allowed: allowedCpus(),
  pin: pinCurrentThread(0, "name"),
  unpin: unpinCurrentThread([0]),
  record: ProcessRecord.findOrCreate()?.cpus ?? null,
  reserved: reservedThreads(1),
  topology: cpuRecords(thisMachine({ cpus: [0, 1] }).machine(true), [0, 1]),
}));
