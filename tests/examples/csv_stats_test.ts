import assert from "node:assert/strict";
import { parse } from "csv-parse/sync";
import fc from "fast-check";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { blocksOf } from "../../examples/csv_stats/blocks.ts";
import { type ProgramEnd, runProgram } from "../support/program.ts";
import { ROOT } from "../support/runtimes.ts";
import { seedFor } from "../support/seed.ts";
import { sized } from "../support/stress.ts";
import { stressTest, test } from "../support/test.ts";

function csvStats(...args: string[]): Promise<ProgramEnd> {
  return runProgram("../../../examples/csv_stats.ts", [
    "--no-loom-pin-threads",
    "--loom-compute-threads=2",
    ...args,
  ]);
}

async function withFile(
  text: string,
  use: (path: string) => Promise<void>,
): Promise<void> {
  const folder = mkdtempSync(join(tmpdir(), "loom-csv-"));
  try {
    const path = join(folder, "data.csv");
    writeFileSync(path, text);
    await use(path);
  } finally {
    rmSync(folder, { recursive: true });
  }
}

/** The cells of the printed table. */
function cellsOf(stdout: string): string[][] {
  const [table] = stdout.split("\n\n");
  return table.trimEnd().split("\n").slice(1).map((line) =>
    line.trim().split(/ {2,}/)
  );
}

/** The counts of a column, computed from all fields in two passes. */
function plainColumn(name: string, fields: readonly string[]): string[] {
  const numbers = fields.filter((field) => /^-?[\d.]+$/.test(field))
    .map(Number);
  const empty = fields.filter((field) => field === "").length;
  const text = fields.length - numbers.length - empty;
  const counts = [numbers.length, empty, text].map(String);
  if (numbers.length === 0) return [name, ...counts];
  const mean = numbers.reduce((sum, n) => sum + n, 0) / numbers.length;
  const squares = numbers.reduce((sum, n) => sum + (n - mean) ** 2, 0);
  const variance = squares / (numbers.length - 1);
  const sorted = numbers.toSorted((a, b) => a - b);
  const values = [sorted[0], sorted.at(-1)!, mean, variance];
  return [name, ...counts, ...values.map((n) => String(+n.toPrecision(7)))];
}

function plainColumns(records: readonly string[][]): string[][] {
  const [names, ...rows] = records;
  return names.map((name, i) => plainColumn(name, rows.map((row) => row[i])));
}

const NOTES = ["", "none", "a, b", 'said "no"', "two\nlines", "\r\n,\n"];

/** A header, and records with all characters that need quotes. */
function someRecords(rows: number): string[][] {
  const header = ["n", "offset", "gaps", "note"];
  return [
    header,
    ...Array.from({ length: rows }, (_, n) => [
      String(n),
      // Large and close together, so that sums of squares would lose all digits.
      String(1e9 + n % 5 / 4),
      n % 3 === 0 ? "" : String(-n / 8),
      NOTES[n % NOTES.length],
    ]),
  ];
}

function csvOf(records: readonly string[][], lineEnd: string): string {
  const quoted = (field: string) =>
    /[",\r\n]/.test(field) ? `"${field.replaceAll('"', '""')}"` : field;
  return records.map((fields) => fields.map(quoted).join(",") + lineEnd)
    .join("");
}

stressTest(
  "The CSV example gives the results of a plain loop over all records",
  async () => {
    const records = someRecords(3_000);
    for (const lineEnd of sized(["\r\n"], ["\r\n", "\n"])) {
      await withFile(`\ufeff${csvOf(records, lineEnd)}`, async (path) => {
        const limit = 3;
        const { code, stdout, stderr } = await csvStats(
          `--block-kib=1`,
          `--concurrency=${limit}`,
          path,
        );
        assert.deepEqual([code, stderr], [0, ""]);
        assert.deepEqual(cellsOf(stdout), plainColumns(records));
        assert.match(
          stdout,
          /^3,000 rows, \S+ MiB in \d+ blocks, [\d,]+ rows/m,
        );
        const [, peak, allowed] = /^at most (\d+) .* in flight, (\d+) allowed$/m
          .exec(stdout)!.map(Number);
        assert.deepEqual([peak, allowed], [limit, limit]);
      });
    }
  },
);

test("The CSV example processes its default file and generated rows", async () => {
  const file = readFileSync(`${ROOT}/examples/data/history.csv`);
  const given = await csvStats();
  assert.deepEqual([given.code, given.stderr], [0, ""]);
  assert.deepEqual(cellsOf(given.stdout), plainColumns(parse(file)));

  const { stdout } = await csvStats("--rows", "20000");
  const [row, celsius, note] = cellsOf(stdout);
  const numbers = Array.from({ length: 20_000 }, (_, n) => String(n));
  assert.deepEqual(row, plainColumn("row", numbers));
  assert.deepEqual(celsius.slice(0, 4), ["celsius", "18182", "1818", "0"]);
  assert.deepEqual(note, ["note", "0", "0", "20000"]);
});

test("The CSV example reports the line of an error in the file", async () => {
  // The parser counts a CRLF among LFs twice.
  const good = csvOf(someRecords(500), "\n").replaceAll("\r\n", "\n");
  const line = good.split("\n").length;
  const bad: [string, RegExp][] = [
    [`${good}1,2,3\n${good}`, new RegExp(`expect 4, got 3 on line ${line}$`)],
    [`${good}1,2,3,"open\n`, new RegExp(`Quote Not Closed.* line ${line}$`)],
    ["", /^Cannot count .*data\.csv: it is empty$/],
  ];
  for (const [text, message] of bad) {
    await withFile(text, async (path) => {
      const { code, stderr } = await csvStats("--block-kib=2", path);
      assert.equal(code, 1);
      assert.match(stderr.trim(), message);
    });
  }
  const none = await csvStats("/nowhere/data.csv");
  assert.equal(none.code, 1);
  assert.match(none.stderr, /^ENOENT: .*\/nowhere\/data\.csv/);
});

stressTest(
  "blocksOf() splits between records, for any chunks",
  async () => {
    const records = someRecords(40);
    const bytes = new TextEncoder().encode(csvOf(records, "\n"));
    await fc.assert(
      fc.asyncProperty(
        fc.array(fc.nat(bytes.length), { maxLength: 30 }),
        async (cuts) => {
          const ends = [...cuts, bytes.length].sort((a, b) => a - b);
          const chunks = ends.map((end, i) =>
            bytes.slice(ends[i - 1] ?? 0, end)
          );
          const found: string[][] = [];
          let before = "";
          for await (const block of blocksOf(chunks)) {
            assert.equal(block.line, before.split("\n").length);
            before += new TextDecoder().decode(block.bytes);
            found.push(...parse(block.bytes));
          }
          assert.deepEqual(found, records);
        },
      ),
      { seed: seedFor("blocksOf()"), numRuns: sized(40, 1_000) },
    );
    // A quote without an end must not fill the memory.
    const endless = function* () {
      yield new TextEncoder().encode('"');
      for (let i = 0; i < 5; i++) yield new Uint8Array(2 ** 22).fill(0x0a);
    };
    await assert.rejects(async () => {
      for await (const _ of blocksOf(endless()));
    }, /the record that starts in line 1 is larger than 16 MiB/);
  },
);
