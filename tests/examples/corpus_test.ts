import assert from "node:assert/strict";
import { createHash } from "node:crypto";
import {
  mkdirSync,
  mkdtempSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import process from "node:process";
import { CorpusCounts, countFile } from "../../examples/corpus/count.ts";
import {
  findFiles,
  MAX_FILE_BYTES,
  readAhead,
} from "../../examples/corpus/files.ts";
import { type ProgramEnd, runProgram } from "../support/program.ts";
import { skip, test } from "../support/test.ts";

/** Enough for more batches than there are at a time. */
const FILE_COUNT = 60;
const TEXT = "Warp and weft, WARP and Weißt; naïve x2 ".repeat(100);

function corpus(...args: string[]): Promise<ProgramEnd> {
  return runProgram("../../../examples/corpus.ts", ["--rounds", "1", ...args]);
}

async function inFolder(use: (folder: string) => Promise<void>): Promise<void> {
  const folder = mkdtempSync(join(tmpdir(), "loom-corpus-"));
  try {
    await use(folder);
  } finally {
    rmSync(folder, { recursive: true });
  }
}

function writeCorpus(folder: string): void {
  mkdirSync(join(folder, ".git"));
  mkdirSync(join(folder, "z"));
  writeFileSync(join(folder, ".git", "packed"), "unseen ".repeat(1000));
  writeFileSync(join(folder, "binary"), new Uint8Array(10));
  writeFileSync(join(folder, "empty"), "");
  writeFileSync(join(folder, "huge"), "h".repeat(MAX_FILE_BYTES + 1));
  symlinkSync("empty", join(folder, "link"));
  for (let i = 0; i < FILE_COUNT; i++) {
    writeFileSync(join(folder, "z", `${i + 100}.txt`), `${TEXT}${i}`);
  }
}

function sha256(data: string | Uint8Array): Uint8Array {
  return createHash("sha256").update(data).digest();
}

test("The corpus demo gives the same counts and hashes on one thread and on loom", () =>
  inFolder(async (folder) => {
    writeCorpus(folder);
    const { code, stdout, stderr } = await corpus(folder);
    assert.deepEqual([code, stderr], [0, ""]);
    // "binary" is found, but skipped when it is read.
    assert.match(stdout, new RegExp(`^${FILE_COUNT + 2} files, 0\\.3 MB in `));
    assert.match(stdout, /^Skipped: 1 over 1 MiB, 1 link, 1 binary$/m);
    const words = /^word +times\n((?:\S+ +[\d,]+\n)+)/m.exec(stdout)![1];
    assert.deepEqual(words.trim().split("\n").map((row) => row.split(/ +/)), [
      ["and", "12,000"],
      ["warp", "12,000"],
      ["naïve", "6,000"],
      ["weft", "6,000"],
      ["weißt", "6,000"],
      ["x", "6,000"],
    ]);
    const hash = createHash("sha256");
    hash.update(new Uint8Array(32)).update(sha256(""));
    for (let i = 0; i < FILE_COUNT; i++) hash.update(sha256(`${TEXT}${i}`));
    assert.match(
      stdout,
      new RegExp(`same counts and hash ${hash.digest("hex")}$`, "m"),
    );
    assert.match(stdout, /^one thread .*\nloom, \d+ compute worker/m);
    assert.match(stdout, /^Speed-up over one thread: \d+\.\d\d$/m);
  }));

if (process.platform === "linux") {
  test("The corpus demo shows each compute worker on its own CPU", () =>
    inFolder(async (folder) => {
      writeFileSync(join(folder, "a"), TEXT);
      const { stdout } = await corpus(folder);
      const rows = [
        ...stdout.matchAll(
          /^corpus-compute-(\d+) +compute +\d+ +co\S*-compute-(\d+) +(\S+) +(\d+)$/gm,
        ),
      ];
      assert.notEqual(rows.length, 0, stdout);
      for (const [, number, kernelNumber, allowed, ranOn] of rows) {
        assert.deepEqual([kernelNumber, ranOn], [number, allowed]);
      }
      const cpus = rows.map(([, , , allowed]) => allowed);
      assert.equal(new Set(cpus).size, cpus.length);
    }));
} else {
  skip("The corpus demo shows each compute worker on its own CPU", "no /proc");
}

test("The corpus demo accepts a number of threads and has a remedy for too many", () =>
  inFolder(async (folder) => {
    writeFileSync(join(folder, "a"), TEXT);
    const unpinned = "--no-loom-pin-threads";
    const short = await corpus("--threads", "3", unpinned, folder);
    assert.match(short.stdout, /^loom, 3 compute workers /m);
    const long = await corpus("--loom-compute-threads=2", unpinned, folder);
    assert.match(long.stdout, /^loom, 2 compute workers /m);
    const tooMany = await corpus("--threads", "60000", folder);
    assert.equal(tooMany.code, 1);
    assert.match(tooMany.stderr, /^Cannot place threads: 6000\d requested/);
    assert.match(tooMany.stderr, /--no-loom-pin-threads/);
  }));

test("The corpus demo accepts an empty folder and reports a missing one", () =>
  inFolder(async (folder) => {
    const empty = await corpus(folder);
    assert.deepEqual([empty.code, empty.stderr], [0, ""]);
    assert.match(empty.stdout, /^Nothing to count$/m);
    const none = await corpus(join(folder, "none"));
    assert.equal(none.code, 1);
    assert.match(none.stderr, /^Cannot read folder .*none: ENOENT/);
  }));

test("findFiles() finds files in the order of paths and stops at the limit", () =>
  inFolder(async (folder) => {
    for (const name of ["c", "a", "b"]) {
      writeFileSync(join(folder, name), "12345");
    }
    const { files, bytes, cut } = await findFiles(folder, 10);
    assert.deepEqual(files.map(({ path }) => path), [
      join(folder, "a"),
      join(folder, "b"),
    ]);
    assert.deepEqual([bytes, cut], [10, true]);
  }));

test("readAhead() skips a file that no longer exists", async () => {
  const contents = [];
  for await (const content of readAhead([{ path: "/no/such", bytes: 1 }])) {
    contents.push(content);
  }
  assert.deepEqual(contents, [{ skipped: "unreadable" }]);
});

test("CorpusCounts.differenceFrom() describes the first difference", () => {
  const files = [{ path: "a.txt", bytes: 3 }];
  const countsOf = (...texts: string[]): CorpusCounts => {
    const counts = new CorpusCounts(files.length);
    for (const text of texts) {
      counts.setDigest(
        0,
        countFile(new TextEncoder().encode(text), counts.words),
      );
    }
    return counts;
  };
  const counts = countsOf("one two");
  assert.equal(counts.differenceFrom(countsOf("one two"), files), undefined);
  assert.equal(
    counts.differenceFrom(countsOf("one too"), files),
    "the hash of a.txt",
  );
  // The hash is the same, and the counts differ.
  assert.equal(
    counts.differenceFrom(countsOf("one two", "one two"), files),
    `"one" 1 and 2 times`,
  );
  assert.equal(
    counts.differenceFrom(countsOf("three", "one two"), files),
    "2 and 3 different words",
  );
});
