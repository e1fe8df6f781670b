/**
 * The worker of the floor for numbers.
 *
 * @module
 */

import {
  CALLER_PARKED,
  FINISHED,
  numberOf,
  slotOf,
  SUBMITTED,
  WORKER_PARKED,
} from "./numbers_layout.ts";
import { serveWorker } from "./worker_scope.ts";

/** How often the worker looks for a call before it sleeps. */
const SPINS = 3000;

const FUNCTIONS: readonly ((n: number) => number)[] = [(n) => n + 1];

serveWorker((words: Int32Array<SharedArrayBuffer>, ready) => {
  const numbers = new Float64Array(words.buffer);
  ready();
  for (let finished = 0;;) {
    const submitted = waitForCall(words, finished);
    while (finished !== submitted) {
      const slot = slotOf(finished);
      const at = numberOf(slot);
      numbers[at] = FUNCTIONS[words[slot]](numbers[at]);
      finished = (finished + 1) | 0;
      // Publishes the result to the caller, which loads FINISHED before it reads the slot.
      Atomics.store(words, FINISHED, finished);
      if (Atomics.load(words, CALLER_PARKED) === 1) wakeCaller(words);
    }
  }
});

/** Returns how many calls are submitted, once there are more than are finished. */
function waitForCall(words: Int32Array, finished: number): number {
  let submitted = Atomics.load(words, SUBMITTED);
  for (let spins = 0; submitted === finished && spins < SPINS; spins++) {
    Atomics.pause();
    submitted = Atomics.load(words, SUBMITTED);
  }
  if (submitted !== finished) return submitted;
  Atomics.store(words, WORKER_PARKED, 1);
  while ((submitted = Atomics.load(words, SUBMITTED)) === finished) {
    Atomics.wait(words, SUBMITTED, finished);
  }
  Atomics.store(words, WORKER_PARKED, 0);
  return submitted;
}

function wakeCaller(words: Int32Array): void {
  if (Atomics.compareExchange(words, CALLER_PARKED, 1, 0) === 1) {
    Atomics.notify(words, CALLER_PARKED);
  }
}
