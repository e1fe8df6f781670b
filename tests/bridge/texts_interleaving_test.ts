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

test("Texts.add() returns NO_TEXT when there is no room left", () => {
  explore({
    wordCount: SIZE,
    threads: [{
      run(words) {
        const texts = new Texts(words, SIZE);
        const numbers = ["123456", "12345678", "abcdef", "ab", ""].map((text) =>
          texts.add(text)
        );
        assert.deepEqual(numbers, [1, 5, NO_TEXT, 10, NO_TEXT]);
        assert.equal(texts.read(5), "12345678");
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

test("the checker detects Texts that are sent before they are written", () => {
  const alter: Alter = (words) => ({
    ...words,
    compareExchange(index, expected, value) {
      const seen = words.compareExchange(index, expected, value);
      if (seen === expected) words.store(SENT, Math.max(expected, 1));
      return seen;
    },
  });
  assert.throws(() =>
    explore({
      ...adders(1, alter),
      threads: [...adders(1, alter).threads, {
        run(words) {
          const number = words.load(SENT);
          if (number !== 0) {
            assert.equal(new Texts(words, SIZE).read(number), TEXTS[0]);
          }
        },
      }],
    })
  );
});
