import assert from "node:assert/strict";
import {
  mkdirSync,
  mkdtempSync,
  readFileSync,
  rmSync,
  writeFileSync,
} from "node:fs";
import { relative } from "node:path";
import { LoomBuilder } from "../../mod.ts";
import { HERE, runProgram } from "../support/program.ts";
import { ROOT } from "../support/runtimes.ts";
import { test } from "../support/test.ts";
import { listFiles } from "./imports.ts";
import { type CodeBlock, codeBlocks, promisedLines } from "./markdown.ts";

const PAGES = [
  "README.md",
  ...listFiles("docs").filter((path) => path.endsWith(".md")),
];
const PROGRAMS = `${ROOT}/tests/fixtures/programs`;
/** Inside the project, so that `@loom/runtime` is the project itself; ignored by git. */
const SCRATCH = `${ROOT}/.cache`;
/** Stands alone in a line before the output of the block that begins in that line. */
const MARK = "=== block in line ";

/** The blocks of a page, which run once. */
class PageRun {
  readonly page: string;
  readonly blocks: readonly CodeBlock[];
  #outputs: Promise<Map<number, string>> | undefined;

  constructor(page: string, blocks: readonly CodeBlock[]) {
    this.page = page;
    this.blocks = blocks;
  }

  /** Resolves with what each block printed, by its line. */
  start(): Promise<Map<number, string>> {
    if (this.#outputs === undefined) {
      this.#outputs = this.#run();
      // The test of this page may not wait for it yet.
      this.#outputs.catch(() => {});
    }
    return this.#outputs;
  }

  async #run(): Promise<Map<number, string>> {
    const { page, blocks } = this;
    const outputs = new Map<number, string>();
    await inScratchFolder(async (folder) => {
      for (const block of blocks) writeBlock(folder, block);
      const programs = [
        runTogether(folder, page, blocks.filter((it) => !isMainModule(it))),
        ...blocks.filter(isMainModule).map((it) => runAlone(folder, page, it)),
      ];
      for (const printed of await Promise.all(programs)) {
        for (const [line, output] of printed) outputs.set(line, output);
      }
    });
    return outputs;
  }
}

const RUNS = PAGES
  .map((page) => new PageRun(page, codeBlocks(read(page)).filter(isProgram)))
  .filter(({ blocks }) => blocks.length > 0);

RUNS.forEach((run, index) => {
  const { page, blocks } = run;
  test(`The code blocks of ${page} run and print what they say`, async () => {
    // The next page runs at the same time: a page alone leaves CPUs idle.
    RUNS[index + 1]?.start();
    const outputs = await run.start();
    for (const block of blocks) {
      checkOutput(page, block, outputs.get(block.line));
    }
  });
});

test("Every page of the guide but its index has code that runs", () => {
  const without = PAGES.filter((page) =>
    page !== "docs/README.md" && !codeBlocks(read(page)).some(isProgram)
  );
  assert.deepEqual(without, []);
});

test("The config files in the documents are valid", async () => {
  await inScratchFolder(async (folder) => {
    for (const page of PAGES) {
      for (const block of codeBlocks(read(page))) {
        if (!/^(toml|yaml|json)$/.test(block.language)) continue;
        // JSON for another tool names its file: ```json deno.json
        if (block.attributes.length > 0) {
          JSON.parse(block.code);
          continue;
        }
        const path = `${folder}/line_${block.line}.${block.language}`;
        writeFileSync(path, block.code);
        await assert.doesNotReject(
          () => new LoomBuilder().file(path).resolve(),
          `${page}, line ${block.line}`,
        );
      }
    }
  });
});

test("Code blocks of the documents are of a known language", () => {
  const known = /^(ts|sh|toml|yaml|json|text|rust)$/;
  const unknown = PAGES.flatMap((page) =>
    codeBlocks(read(page))
      .filter(({ language }) => !known.test(language))
      .map(({ line, language }) => `${page}:${line}: ${language}`)
  );
  assert.deepEqual(unknown, []);
});

test("A block that says `ignore` gives a reason", () => {
  const bare = PAGES.flatMap((page) =>
    codeBlocks(read(page))
      .filter(({ attributes }) => attributes[0] === "ignore")
      .filter(({ attributes }) => attributes.length < 2)
      .map(({ line }) => `${page}:${line}`)
  );
  assert.deepEqual(bare, []);
});

test("codeBlocks() finds language, attributes and line", () => {
  const page = "text\n\n```ts ignore needs a GPU\na();\n```\n\n" +
    "1. item\n   ```sh\n   ls\n   ```\n";

  const blocks = codeBlocks(page);

  assert.deepEqual(blocks, [
    {
      language: "ts",
      attributes: ["ignore", "needs", "a", "GPU"],
      line: 4,
      code: "a();\n",
    },
    { language: "sh", attributes: [], line: 9, code: "ls\n" },
  ]);
  assert.throws(() => codeBlocks("```ts\na();\n"), /line 1 is never closed/);
});

test("checkOutput() refuses a line that was not printed, or out of order", () => {
  const block = {
    language: "ts",
    attributes: [],
    line: 7,
    code: "console.log(a); // 1\nconsole.log(b); // two …\n",
  };
  checkOutput("page.md", block, "0\n1\ntwo words\n");
  for (const output of ["1\n", "two words\n1\n", "11\ntwo words\n"]) {
    assert.throws(() => checkOutput("page.md", block, output), /line 7/);
  }
  assert.throws(() => checkOutput("page.md", block, undefined), /did not run/);
});

function isProgram({ language, attributes }: CodeBlock): boolean {
  return language === "ts" && attributes[0] !== "ignore";
}

/** Such a block must be the process's own program; all others of a page share one process. */
function isMainModule({ code }: CodeBlock): boolean {
  return code.includes("import.meta.main") || code.includes("isWorkerThread");
}

/** Blank lines before the code, so that stack traces show the lines of the page. */
function writeBlock(folder: string, block: CodeBlock): void {
  const text = "\n".repeat(block.line - 1) + block.code;
  writeFileSync(`${folder}/${fileName(block)}`, text);
}

function fileName({ line }: CodeBlock): string {
  return `block_in_line_${line}.ts`;
}

/** Runs blocks in one process and returns what each printed, by its line. */
async function runTogether(
  folder: string,
  page: string,
  blocks: readonly CodeBlock[],
): Promise<[line: number, output: string][]> {
  if (blocks.length === 0) return [];
  // One after another: a module has been evaluated when its top-level awaits are done.
  const program = blocks.map((block) =>
    `console.log("${MARK}${block.line}");\n` +
    `await import("./${fileName(block)}");\n`
  );
  writeFileSync(`${folder}/page.ts`, program.join(""));
  const stdout = await run(`${folder}/page.ts`, page);
  return stdout.split(MARK).slice(1).map((part) => [
    parseInt(part),
    part.slice(part.indexOf("\n") + 1),
  ]);
}

/** Runs a block as a program of its own. */
async function runAlone(
  folder: string,
  page: string,
  block: CodeBlock,
): Promise<[line: number, output: string][]> {
  return [[block.line, await run(`${folder}/${fileName(block)}`, page)]];
}

async function run(path: string, page: string): Promise<string> {
  const { code, signal, stdout, stderr } = await runProgram(
    relative(PROGRAMS, path),
  );
  const end = `${page} on ${HERE}: exit code ${code ?? signal}`;
  assert.equal(code, 0, `${end}\n${stdout}\n${stderr}`);
  return stdout;
}

/** Every promised line comes, in order; other lines may come between. */
function checkOutput(
  page: string,
  block: CodeBlock,
  output: string | undefined,
): void {
  const where = `${page}, block in line ${block.line}`;
  if (output === undefined) assert.fail(`${where}: it did not run`);
  const lines = output.split("\n");
  for (const promised of promisedLines(block.code)) {
    const pattern = new RegExp(
      `^${
        promised.split("…").map((part) =>
          part.replace(/[.*+?^${}()|[\]\\]/g, "\\$&")
        )
          .join(".*")
      }$`,
    );
    const index = lines.findIndex((line) => pattern.test(line));
    if (index < 0) {
      assert.fail(
        `${where}: it does not print ${JSON.stringify(promised)}\n${output}`,
      );
    }
    lines.splice(0, index + 1);
  }
}

async function inScratchFolder(
  body: (folder: string) => void | Promise<void>,
): Promise<void> {
  mkdirSync(SCRATCH, { recursive: true });
  const folder = mkdtempSync(`${SCRATCH}/docs-`);
  try {
    await body(folder);
  } finally {
    rmSync(folder, { recursive: true });
  }
}

function read(path: string): string {
  return readFileSync(`${ROOT}/${path}`, "utf8");
}
