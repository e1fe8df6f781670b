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
/** Stands alone in a line before the output of a block, with the page and its line. */
const MARK = "=== block of ";
/** Stands before the error of a block that threw one. */
const THREW = "=== it threw ";

const BLOCKS: ReadonlyMap<string, readonly CodeBlock[]> = new Map(
  PAGES
    .map((page) => [page, codeBlocks(read(page)).filter(isProgram)] as const)
    .filter(([, blocks]) => blocks.length > 0),
);

let together: Promise<ReadonlyMap<string, string>> | undefined;

for (const [page, blocks] of BLOCKS) {
  test(`The code blocks of ${page} run and print what they say`, async () => {
    together ??= runTogether();
    const outputs = new Map(await together);
    await inScratchFolder(async (folder) => {
      for (const block of blocks.filter(isMainModule)) {
        outputs.set(nameOf(page, block), await runAlone(folder, page, block));
      }
    });
    for (const block of blocks) {
      checkOutput(page, block, outputs.get(nameOf(page, block)));
    }
  });
}

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

/** Such a block must be the process's own program; all others share one process. */
function isMainModule({ code }: CodeBlock): boolean {
  return code.includes("import.meta.main") || code.includes("isWorkerThread");
}

function nameOf(page: string, { line }: CodeBlock): string {
  return `${page}:${line}`;
}

/** Blank lines before the code, so that stack traces show the lines of the page. */
function writeBlock(path: string, block: CodeBlock): void {
  writeFileSync(path, "\n".repeat(block.line - 1) + block.code);
}

/**
 * Runs the blocks of all pages that can share a process, which saves many starts, and
 * returns what each printed.
 */
async function runTogether(): Promise<ReadonlyMap<string, string>> {
  const outputs = new Map<string, string>();
  await inScratchFolder(async (folder) => {
    const program: string[] = [];
    for (const [page, blocks] of BLOCKS) {
      for (const block of blocks.filter((block) => !isMainModule(block))) {
        const name = `${page.replaceAll(/\W/g, "_")}_line_${block.line}.ts`;
        writeBlock(`${folder}/${name}`, block);
        // One after another: a module has been evaluated when its top-level awaits are done.
        program.push(
          `console.log("${MARK}${nameOf(page, block)}");\n`,
          `await import("./${name}").catch((error) => {\n`,
          `  console.log("${THREW}", error);\n});\n`,
        );
      }
    }
    writeFileSync(`${folder}/all.ts`, program.join(""));
    const stdout = await run(`${folder}/all.ts`, "the pages");
    for (const part of stdout.split(MARK).slice(1)) {
      const end = part.indexOf("\n");
      outputs.set(part.slice(0, end), part.slice(end + 1));
    }
  });
  return outputs;
}

/** Runs a block as a program of its own. */
function runAlone(
  folder: string,
  page: string,
  block: CodeBlock,
): Promise<string> {
  const path = `${folder}/line_${block.line}.ts`;
  writeBlock(path, block);
  return run(path, page);
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
  if (output.includes(THREW)) assert.fail(`${where}: ${output}`);
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
