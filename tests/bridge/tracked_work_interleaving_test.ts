import assert from "node:assert/strict";
import { Parker } from "../../lib/bridge/parker.ts";
import { TrackedWork } from "../../lib/bridge/tracked_work.ts";
import type { Words } from "../../lib/bridge/words.ts";
import { explore, exploreAll } from "../support/interleave/explore.ts";
import type { Scenario } from "../support/interleave/scenario.ts";
import { sized } from "../support/stress.ts";
import { stressTest, test } from "../support/test.ts";

// The main thread has made call X, which runs on worker A. X makes call Y for worker B and
// returns at once; Y makes call Z for worker B and returns at once.
const EPOCH = 0;
const WORK_A = 1;
const WORK_B = 2;
const CLOSING = 3;
const PARK_MAIN = 4;
const PARK_A = 5;
const PARK_B = 6;
/** Whether X has been completed. */
const X_DONE = 7;
/** Whether B can take Y. */
const Y_PUSHED = 8;
const Y_DONE = 9;
/** Calls of workers that have not ended, which the protocol cannot see. */
const UNFINISHED = 10;
const WORD_COUNT = 11;
// B is read first, so that work can move behind the reader.
const B = 0;
const A = 1;

/** Steps that a broken copy does otherwise. */
interface Steps {
  /** Work begins before it is handed to another thread. */
  readonly beginsFirst: boolean;
  /** A worker that has no work left looks whether the main thread waits for that. */
  readonly looksForClosing: boolean;
  /** The main thread closes before it looks at the workers. */
  readonly closesFirst: boolean;
  /** The reader looks at the epoch again. */
  readonly checksEpoch: boolean;
}

const RIGHT: Steps = {
  beginsFirst: true,
  looksForClosing: true,
  closesFirst: true,
  checksEpoch: true,
};

class WithoutEpoch extends TrackedWork {
  readonly #all: Words;

  constructor(
    words: Words,
    place: ConstructorParameters<typeof TrackedWork>[1],
  ) {
    super(words, place);
    this.#all = words;
  }

  override isDone(): boolean {
    return this.#all.load(WORK_B) === 0 && this.#all.load(WORK_A) === 0;
  }
}

function trackedWork(words: Words, { checksEpoch }: Steps): TrackedWork {
  const place = { epoch: EPOCH, threads: [WORK_B, WORK_A] };
  return checksEpoch
    ? new TrackedWork(words, place)
    : new WithoutEpoch(words, place);
}

function waitFor(words: Words, word: number, park: number): void {
  while (words.load(word) === 0) new Parker(words, park).park();
}

/** As Control.endTrackedWork() does it. */
function end(
  work: TrackedWork,
  thread: number,
  words: Words,
  { looksForClosing }: Steps,
): void {
  work.end(thread);
  if (looksForClosing && words.load(CLOSING) === 1) {
    new Parker(words, PARK_MAIN).unpark();
  }
}

function scenario(steps: Steps): Scenario {
  const { beginsFirst, closesFirst } = steps;
  const begin = (work: TrackedWork, thread: number, words: Words) => {
    words.add(UNFINISHED, 1);
    if (beginsFirst) work.begin(thread);
  };
  return {
    wordCount: WORD_COUNT,
    preemptions: sized(2, 3),
    threads: [
      {
        run(words, self) {
          const work = trackedWork(words, steps);
          if (closesFirst) words.store(CLOSING, 1);
          while (words.load(X_DONE) === 0 || !work.isDone()) {
            new Parker(words, PARK_MAIN).park();
          }
          self.note(words.load(UNFINISHED));
          words.store(CLOSING, 1);
        },
      },
      {
        run(words) {
          const work = trackedWork(words, steps);
          begin(work, A, words);
          words.store(Y_PUSHED, 1);
          new Parker(words, PARK_B).unpark();
          if (!beginsFirst) work.begin(A);
          words.store(X_DONE, 1);
          new Parker(words, PARK_MAIN).unpark();
          waitFor(words, Y_DONE, PARK_A);
          end(work, A, words, steps);
        },
      },
      {
        run(words) {
          const work = trackedWork(words, steps);
          waitFor(words, Y_PUSHED, PARK_B);
          begin(work, B, words);
          words.add(UNFINISHED, -1);
          words.store(Y_DONE, 1);
          new Parker(words, PARK_A).unpark();
          if (!beginsFirst) work.begin(B);
          // Z runs and is settled.
          words.add(UNFINISHED, -1);
          end(work, B, words, steps);
        },
      },
    ],
    check({ notes }) {
      assert.deepEqual(notes[0], [0], "shutdown ended while a call ran");
    },
  };
}

stressTest(
  "Shutdown waits for the calls that workers make, and ends, in every interleaving",
  () => {
    exploreAll("tracked work", scenario(RIGHT), 100);
  },
);

for (
  const [what, step] of [
    ["hands work over before it begins", "beginsFirst"],
    ["does not look whether the main thread waits", "looksForClosing"],
    ["looks at the workers before it closes", "closesFirst"],
    ["reads the words without the epoch", "checksEpoch"],
  ] as const
) {
  test(`a copy that ${what} is found out`, () => {
    assert.throws(() => explore(scenario({ ...RIGHT, [step]: false })));
  });
}
