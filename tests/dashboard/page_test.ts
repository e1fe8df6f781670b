/// <reference lib="dom" />
import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { createRequire } from "node:module";
import type { Page } from "playwright-core";
import { drawSvg } from "../../lib/drawing/svg.ts";
import { readSysfs } from "../../lib/placement/sysfs.ts";
import {
  browserTest,
  pagesOfFile,
  type WatchedPage,
} from "../support/browser.ts";
import { unpinned } from "../support/runtime.ts";
import { SimulatedProgram } from "../support/simulated_program.ts";
import { withSysfs } from "../support/sysfs_tree.ts";

const open = pagesOfFile();

browserTest(
  "Figures of a running program move, and a worker that dies shows",
  async () => {
    await using runtime = await unpinned(2).observe({ http: "127.0.0.1:0" })
      .build();
    const url = runtime.observer.url!;
    const { page, ...watched } = await open(url);
    const calls = page.locator("#tasks tbody tr", { hasText: "square" })
      .locator("td").nth(3);
    function square(n: number) {
      return n * n;
    }
    await runtime.spawnCompute(square, 2);
    await until(page, "#connection", "live");
    await calls.filter({ hasText: /^1$/ }).waitFor();
    await Promise.all([1, 2, 3].map((n) => runtime.spawnCompute(square, n)));
    await calls.filter({ hasText: /^4$/ }).waitFor();
    // Two snapshots make the first point of a chart.
    await page.locator(".chart .line-0[d^=M]").first().waitFor({
      state: "attached",
    });
    await assert.rejects(runtime.spawnCompute(() => process.exit(3)));
    const end = page.locator("#events .lost");
    await end.filter({ hasText: /test-compute-000\d lost and replaced/ })
      .waitFor();
    const rows = page.locator("#threads tbody tr", { hasText: "lost" });
    assert.equal(await rows.count(), 1);
    assert.equal(await page.locator(".tile.lost").count(), 1);
    await page.close();
    await runtime.blockUntilIdle();
    assertQuiet(watched, url);
  },
);

browserTest("A program that ends is shown as out of reach", async () => {
  const program = new SimulatedProgram({ workers: 2 });
  const server = await program.serve();
  const { page } = await open(server.url);
  await until(page, "#connection", "live");
  await server[Symbol.asyncDispose]();
  await until(page, "#connection", "no answer");
  await page.close();
});

for (const colours of ["light", "dark"] as const) {
  browserTest(
    `64 workers fit on their CPUs, and whoever hears or sees the page can read it, ${colours}`,
    async () => {
      const program = pinnedProgram();
      await using server = await program.serve();
      const { page, ...watched } = await open(server.url, { colours });
      await page.locator("#machine .pu").nth(63).waitFor();
      program.endWorker(5);
      await page.locator("#machine .pu.lost").waitFor();
      assert.equal(await page.locator("#threads tbody tr").count(), 64);
      const hot = await page.locator("#machine .pu").evaluateAll((all) =>
        new Set(
          all.map((pu) => getComputedStyle(pu.querySelector("rect")!).fill),
        )
          .size
      );
      assert.ok(hot > 10, `${hot} colours`);
      const height = await page.locator("#timeline-canvas").evaluate((canvas) =>
        canvas.clientHeight
      );
      assert.ok(height < 700, `${height} pixels for 64 threads`);
      await assertAccessible(page);
      await page.setViewportSize({ width: 390, height: 844 });
      assert.equal(await sidewaysPixels(page), 0);
      await page.close();
      assertQuiet(watched, server.url);
    },
  );
}

browserTest("The timeline zooms and moves by keys", async () => {
  const program = new SimulatedProgram({ workers: 4 });
  program.advance(10_000);
  await using server = await program.serve();
  const { page, ...watched } = await open(server.url);
  const canvas = page.locator("#timeline-canvas");
  const readout = page.locator("#timeline-readout");
  await canvas.scrollIntoViewIfNeeded();
  await readout.filter({ hasText: /^[1-9].* calls.* until now/ }).waitFor();
  await canvas.focus();
  const view = async () => {
    // It is drawn in the next frame.
    await page.evaluate(() =>
      new Promise((drawn) => requestAnimationFrame(() => setTimeout(drawn)))
    );
    const { spanMs, endMs } = await canvas.evaluate((it) => ({
      ...(it as HTMLElement).dataset,
    }));
    return { spanMs: Number(spanMs), endMs: Number(endMs) };
  };
  const first = await view();
  await page.keyboard.press("+");
  assert.equal((await view()).spanMs, first.spanMs / 2);
  await page.keyboard.press("ArrowLeft");
  const moved = await view();
  assert.ok(moved.endMs < first.endMs + 5_000);
  await readout.filter({ hasText: /ago$/ }).waitFor();
  // It stays there while time goes by.
  await page.waitForResponse((response) => response.url().includes("calls"));
  assert.equal((await view()).endMs, moved.endMs);
  await page.keyboard.press("ArrowDown");
  await page.keyboard.press(",");
  await readout.filter({ hasText: /on tiles-compute-0000/ }).waitFor();
  assert.match(
    await page.locator("#timeline-said").innerText(),
    /called by tiles-async-0000/,
  );
  await page.keyboard.press("End");
  await readout.filter({ hasText: /until now$/ }).waitFor();
  await page.close();
  assertQuiet(watched, server.url);
});

browserTest("Tables are sorted by their headings", async () => {
  const program = new SimulatedProgram({ workers: 4 });
  await using server = await program.serve();
  const { page } = await open(server.url);
  const first = page.locator("#tasks tbody tr th .text").first();
  await first.filter({ hasText: "renderTile" }).waitFor();
  const heading = page.locator("#tasks th", { hasText: "Mean" });
  await heading.locator("button").press("Enter");
  assert.equal(await heading.getAttribute("aria-sort"), "descending");
  assert.equal(await first.innerText(), "resizeImage");
  await heading.locator("button").press("Enter");
  assert.equal(await heading.getAttribute("aria-sort"), "ascending");
  assert.match(await first.innerText(), /^\(row\) =>/);
  await page.close();
});

async function until(page: Page, place: string, text: string): Promise<void> {
  await page.locator(place).filter({ hasText: text }).waitFor();
}

/** Nothing went wrong in the page, and it has asked nobody else. */
function assertQuiet(
  { complaints, requests }: Omit<WatchedPage, "page">,
  url: string,
): void {
  assert.deepEqual(complaints, []);
  assert.ok(requests.length > 3);
  assert.deepEqual(requests.filter((request) => !request.startsWith(url)), []);
}

/** A program with 63 workers and the main thread, each on a CPU of its own. */
function pinnedProgram(): SimulatedProgram {
  const cpus = Array.from({ length: 64 }, (_, cpu) => ({
    cpu,
    core: cpu % 32,
    package: cpu >> 4 & 1,
    node: cpu >> 4 & 1,
    l3: cpu >> 3 & 3,
  }));
  const machine = withSysfs(
    { cpus },
    (folder) => readSysfs({ root: `${folder}/sys` }),
  );
  const picture = drawSvg({
    machine,
    effectiveCpuset: machine.cpus,
    threads: machine.cpus.map((cpu) =>
      cpu === 0 ? { name: "tiles-async-0000", role: "async", index: 0, cpu } : {
        name: `tiles-compute-${String(cpu - 1).padStart(4, "0")}`,
        role: "compute",
        index: cpu - 1,
        cpu,
      }
    ),
    arrayNodes: [],
    notes: [],
  });
  return new SimulatedProgram({
    workers: 63,
    machine: picture,
    cpuOf: (thread) => thread,
  });
}

/** How far the page can be scrolled sideways. */
function sidewaysPixels(page: Page): Promise<number> {
  return page.evaluate(() => document.documentElement.scrollWidth - innerWidth);
}

const AXE = readFileSync(
  createRequire(import.meta.url).resolve("axe-core/axe.min.js"),
  "utf8",
);

/** What axe finds in the page, by the rules of WCAG 2.2 AA and its own best practices. */
async function assertAccessible(page: Page): Promise<void> {
  await page.evaluate(AXE);
  const violations = await page.evaluate("axe.run()") as {
    readonly violations: readonly {
      readonly id: string;
      readonly nodes: readonly { readonly html: string }[];
    }[];
  };
  const found = violations.violations.map(({ id, nodes }) =>
    `${id}: ${nodes.slice(0, 3).map(({ html }) => html).join(" ")}`
  );
  assert.deepEqual(found, []);
}
