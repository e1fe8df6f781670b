import assert from "node:assert/strict";
import { TEXTS_END } from "../../lib/bridge/layout.ts";
import { NO_TEXT, Texts } from "../../lib/bridge/texts.ts";
import type { Words } from "../../lib/bridge/words.ts";
import { explore, exploreAll } from "../support/interleave/explore.ts";
import type { Scenario } from "../support/interleave/scenario.ts";
import { stressTest, test } from "../support/test.ts";

const SIZE = 12;
/** Where each thread sends the number of its text, as in a message. */
const SENT = SIZE;
const TEXTS = ["abc", "de", "f"];

type Alter = (words: Words) => Words;

/** Each thread adds a text and sends its number; one of them reads what the others sent. */
function adders(count: number, alter: Alter = (words) => words): Scenario {
  return {
    wordCount: SIZE + TEXTS.length,
    threads: TEXTS.slice(0, count).map((text, index) => ({
      run(words) {
        const texts = new Texts(alter(words), SIZE);
        words.store(SENT + index, texts.add(text));
        for (let other = 0; other < count; other++) {
          const number = words.load(SENT + other);
          if (number !== 0) assert.equal(texts.read(number), TEXTS[other]);
        }
      },
    })),
    check({ words }) {
      const texts = new Texts(words, SIZE);
      for (let index = 0; index < count; index++) {
        assert.equal(texts.read(words.load(SENT + index)), TEXTS[index]);
      }
    },
  };
}

stressTest(
  "Texts.add() gives each text of several threads a number of its own",
  () => {
    exploreAll("two threads", adders(2), 5);
    explore({ ...adders(3), preemptions: 2 });
  },
);

stressTest(
  "Texts.add() returns a finished text, or a new number, for the same text of two threads",
  () => {
    const adder = (index: number) => ({
      run(words: Words) {
        const texts = new Texts(words, SIZE);
        const number = texts.add("abc");
        assert.equal(texts.read(number), "abc");
        words.store(SENT + index, number);
      },
    });
    exploreAll("same text", {
      wordCount: SIZE + TEXTS.length,
      threads: [adder(0), adder(1), { ...adder(2), after: 0 }],
      check({ words }) {
        const [first, second, third] = [0, 1, 2].map((index) =>
          words.load(SENT + index)
        );
        // The third thread starts after the first one: it finds what that has added, unless
        // the second one is still writing a record before it.
        assert.ok([first, second].includes(third) || second < first);
      },
    }, 5);
  },
);

test("Texts.add() returns NO_TEXT when there is no room left", () => {
  explore({
    wordCount: SIZE,
    threads: [{
      run(words) {
        const texts = new Texts(words, SIZE);
        const numbers = ["123456", "12345678", "abcdef", "ab", "c"].map((
          text,
        ) => texts.add(text));
        assert.deepEqual(numbers, [1, 5, NO_TEXT, 10, NO_TEXT]);
        assert.equal(texts.read(5), "12345678");
        assert.equal(texts.add("12345678"), 5);
        // Numbers that no thread has sent.
        for (const number of [-1, 0, 12, 2 ** 31]) {
          assert.equal(texts.read(number), undefined);
        }
      },
    }],
  });
});

test("the checker detects Texts that reserve room without a compare-exchange", () => {
  const alter: Alter = (words) => ({
    ...words,
    compareExchange(index, expected, value) {
      if (index === TEXTS_END) words.store(index, value);
      return expected;
    },
  });
  assert.throws(() => explore({ ...adders(2, alter), preemptions: 2 }));
});

test("the checker detects Texts that are found before they are written", () => {
  // The length is stored when the room is reserved.
  const alter: Alter = (words) => ({
    ...words,
    compareExchange(index, expected, value) {
      const seen = words.compareExchange(index, expected, value);
      if (seen === expected) words.store(Math.max(expected, 1), 3);
      return seen;
    },
  });
  const reader = {
    run(words: Words) {
      const text = new Texts(words, SIZE).read(1);
      if (text !== undefined) assert.equal(text, TEXTS[0]);
    },
  };
  const scenario = (alter: Alter): Scenario => ({
    ...adders(1, alter),
    threads: [...adders(1, alter).threads, reader],
  });
  explore({ ...scenario((words) => words), preemptions: 2 });
  assert.throws(() => explore({ ...scenario(alter), preemptions: 2 }));
});
