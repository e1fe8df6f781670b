import assert from "node:assert/strict";
import { explore, exploreAll } from "../support/interleave/explore.ts";
import type { Scenario, Self } from "../support/interleave/scenario.ts";
import { sized } from "../support/stress.ts";
import { stressTest, test } from "../support/test.ts";
import {
  AnnouncesFirst,
  ClosesOldPort,
  ForgetsAtOnce,
  ForgetsWhatItDoesNotPost,
  SendsAgainAtNewSerial,
  SendsNothingAgain,
} from "./broken_replacement.ts";
import {
  DONE,
  FIRST,
  GOOD,
  type Habits,
  LOST,
  Member,
  MISSING,
  NOT_MADE,
  OTHER,
  prepare,
  READ,
  replacement,
  replacer,
  SECOND,
  STATE,
  SUBMITTED,
  WORD_COUNT,
  WORKER,
} from "./replaced_worker.ts";

/** Number of the buffer in a call's payload. */
const bufferOf = (call: number) => call + 1;

function isOver(member: Member, call: number): boolean {
  const state = member.words.load(STATE + call);
  return state === DONE || state === LOST;
}

/** Takes a submitted call; false when there is none. */
function tryTake(member: Member, call: number, serial: number): boolean {
  const { words } = member;
  return words.load(STATE + call) === SUBMITTED &&
    words.compareExchange(STATE + call, SUBMITTED, serial) === SUBMITTED;
}

/** Runs a call whose argument is a buffer; false if that may still arrive. */
function tryRun(member: Member, call: number): boolean {
  const buffer = member.read(call);
  if (buffer === undefined && member.habits.defers) return false;
  member.words.write(READ + call, buffer ?? MISSING);
  member.words.store(STATE + call, DONE);
  member.unpark(OTHER);
  return true;
}

/** Serves calls of OTHER as lib/worker does, until all are over. */
function serve(member: Member, calls: number): void {
  const { words } = member;
  let deferred: number[] = [];
  while (true) {
    if (member.hasNews) {
      member.readNews(() => {
        deferred = deferred.filter((call) => !tryRun(member, call));
      });
    }
    let [tookAny, mayTake] = [false, false];
    for (let call = 0; call < calls; call++) {
      if (words.load(STATE + call) === NOT_MADE) mayTake = true;
      else if (tryTake(member, call, SECOND)) {
        tookAny = true;
        if (!tryRun(member, call)) deferred.push(call);
      }
    }
    if (tookAny || member.hasNews) continue;
    if (!mayTake && deferred.length === 0) return;
    member.park();
  }
}

/** OTHER calls the worker, each time with another buffer. */
function argumentScenario(calls: number, habits: Habits): Scenario {
  const numbers = Array.from({ length: calls }, (_, call) => call);
  return {
    wordCount: WORD_COUNT,
    prepare,
    threads: [
      {
        run(words, self) {
          const member = new Member(words, WORKER, FIRST, habits);
          for (const call of numbers) {
            if (!tryTake(member, call, FIRST)) continue;
            self.mayEndHere();
            tryRun(member, call);
          }
          member.end();
        },
      },
      {
        run(words) {
          const member = new Member(words, OTHER, OTHER, habits);
          for (const call of numbers) {
            member.publish(call, bufferOf(call), WORKER, SUBMITTED);
          }
          const rejectLost = () => {
            for (const call of numbers) {
              if (words.load(STATE + call) !== FIRST) continue;
              words.store(STATE + call, LOST);
            }
          };
          while (numbers.some((call) => !isOver(member, call))) {
            if (member.hasNews) member.drainNews(() => {}, rejectLost);
            else member.park();
          }
        },
      },
      replacer(habits),
      replacement(habits, (member) => serve(member, calls)),
    ],
    check({ words }) {
      for (const call of numbers) {
        if (words.load(STATE + call) === LOST) continue;
        assert.equal(words.load(READ + call), bufferOf(call));
      }
    },
  };
}

/** The worker returns a buffer to OTHER and ends. */
function resultScenario(habits: Habits): Scenario {
  const complete = (member: Member, self: Self, serial: number) => {
    if (!tryTake(member, 0, serial)) return;
    self.mayEndHere();
    member.publish(0, bufferOf(0), OTHER, DONE);
  };
  return {
    wordCount: WORD_COUNT,
    prepare(words) {
      prepare(words);
      words.store(STATE, SUBMITTED);
    },
    threads: [
      {
        run: (words, self) =>
          complete(new Member(words, WORKER, FIRST, habits), self, FIRST),
      },
      {
        run(words, self) {
          const member = new Member(words, OTHER, OTHER, habits);
          let isSettled = false;
          const settle = () => {
            if (isSettled || words.load(STATE) !== DONE) return;
            isSettled = true;
            self.note(member.read(0) ?? MISSING);
          };
          const rejectLost = () => {
            if (words.load(STATE) !== FIRST) return;
            words.store(STATE, LOST);
            isSettled = true;
          };
          while (true) {
            if (member.hasNews) member.drainNews(settle, rejectLost);
            else settle();
            if (isSettled) return;
            if (!member.hasNews) member.park();
          }
        },
      },
      replacer(habits),
      replacement(habits, (member, self) => complete(member, self, SECOND)),
    ],
    check({ notes, words }) {
      const expected = words.load(STATE) === LOST ? [] : [bufferOf(0)];
      assert.deepEqual(notes[1], expected);
    },
  };
}

/** OTHER, which never handles news, returns one buffer to the worker and its replacement. */
function sameResultScenario(habits: Habits): Scenario {
  const call = (member: Member, self: Self, call: number): number => {
    const { words } = member;
    words.store(STATE + call, SUBMITTED);
    member.unpark(OTHER);
    if (call === 0) self.mayEndHere();
    while (words.load(STATE + call) !== DONE) member.park();
    return member.read(call) ?? MISSING;
  };
  return {
    wordCount: WORD_COUNT,
    prepare,
    threads: [
      {
        run(words, self) {
          self.note(call(new Member(words, WORKER, FIRST, habits), self, 0));
        },
      },
      {
        run(words) {
          const member = new Member(words, OTHER, OTHER, habits);
          while (true) {
            let tookAny = false;
            for (const call of [0, 1]) {
              if (!tryTake(member, call, OTHER)) continue;
              tookAny = true;
              member.publish(call, bufferOf(0), WORKER, DONE);
              if (call === 1) return;
            }
            if (!tookAny) member.park();
          }
        },
      },
      replacer(habits),
      replacement(habits, (member, self) => self.note(call(member, self, 1))),
    ],
    check({ notes }) {
      for (const number of notes[0]) assert.equal(number, bufferOf(0));
      assert.deepEqual(notes[3], [bufferOf(0)]);
    },
  };
}

/** Of a quick run; each broken replacement below is caught with as many. */
const PREEMPTIONS = 1;

stressTest(
  "The replacement of a worker gets the buffers in arguments, one call",
  () => {
    exploreAll("arguments, one call", {
      ...argumentScenario(1, GOOD),
      preemptions: sized(PREEMPTIONS, 2),
    }, sized(100, 1000));
  },
);

stressTest(
  "The replacement of a worker gets the buffers in arguments, two calls",
  () => {
    exploreAll("arguments, two calls", {
      ...argumentScenario(2, GOOD),
      preemptions: sized(0, 1),
    }, sized(20, 1000));
  },
);

stressTest(
  "A caller has the buffer in a result when the worker has ended",
  () => {
    exploreAll(
      "result",
      { ...resultScenario(GOOD), preemptions: sized(PREEMPTIONS, 3) },
      sized(100, 1000),
    );
  },
);

stressTest(
  "The replacement of a caller has the buffer in a result at once",
  () => {
    exploreAll("same result", {
      ...sameResultScenario(GOOD),
      preemptions: sized(PREEMPTIONS, 2),
    }, sized(100, 1000));
  },
);

const oneCall = (habits: Habits) => argumentScenario(1, habits);

for (
  const [what, scenario, habits] of [
    [
      "closes the old port with its messages",
      resultScenario,
      { Mailbox: ClosesOldPort },
    ],
    [
      "forgets a sender before its results are read",
      resultScenario,
      { SharedBuffers: ForgetsAtOnce },
    ],
    [
      "sends nothing again",
      oneCall,
      { SharedBuffers: SendsNothingAgain },
    ],
    [
      "sends again when the serial number changes",
      oneCall,
      { SharedBuffers: SendsAgainAtNewSerial },
    ],
    [
      "does not remember what it does not post",
      oneCall,
      { SharedBuffers: ForgetsWhatItDoesNotPost },
    ],
    ["does not announce what it sends again", oneCall, { announces: false }],
    [
      "announces before it sends again",
      oneCall,
      { SharedBuffers: AnnouncesFirst },
    ],
    ["reads the count of news last", oneCall, { readsNewsFirst: false }],
    ["defers no call", oneCall, { defers: false }],
    [
      "shares without reading the serial number",
      sameResultScenario,
      { readsSerial: false },
    ],
    [
      "stores the serial number before it sends the port",
      sameResultScenario,
      { sendsPortFirst: false },
    ],
  ] as [string, (habits: Habits) => Scenario, Partial<Habits>][]
) {
  test(`a replacement that ${what} is caught`, () => {
    assert.throws(
      () =>
        explore({
          ...scenario({ ...GOOD, ...habits }),
          preemptions: PREEMPTIONS,
        }),
      /the check of the end failed|lost wake-up/,
    );
  });
}
