/**
 * A browser for tests of pages: Debian's chromium, or Chrome.
 *
 * @module
 */

import { existsSync } from "node:fs";
import { type Browser, chromium, type Page } from "playwright-core";
import { afterAll, skip, test } from "./test.ts";

const PATHS = [
  "/usr/bin/chromium",
  "/usr/bin/google-chrome",
  "/Applications/Google Chrome.app/Contents/MacOS/Google Chrome",
];

const executablePath = PATHS.find((path) => existsSync(path));

/** A browser without a graphics card is slow when other tests need the CPUs. */
const TIMEOUT_MS = 180_000;

/** Registers a test that needs the browser. */
export function browserTest(name: string, body: () => Promise<void>): void {
  if (executablePath !== undefined) {
    return test(name, body, { timeoutMs: TIMEOUT_MS });
  }
  skip(name, `no browser: none of ${PATHS.join(", ")}`);
}

/** What a page has done that it should not. */
export interface WatchedPage {
  readonly page: Page;
  /** What it wrote to the console, and errors that it did not catch. */
  readonly complaints: readonly string[];
  /** The addresses that it has asked for. */
  readonly requests: readonly string[];
}

/** How a page is opened. */
export interface PageOptions {
  readonly width?: number;
  readonly height?: number;
  readonly colours?: "light" | "dark";
}

/** Opens pages in one browser, which ends with the tests of the calling file. */
export function pagesOfFile(): (
  url: string,
  options?: PageOptions,
) => Promise<WatchedPage> {
  let browser: Promise<Browser> | undefined;
  afterAll(async () => {
    await (await browser)?.close();
  });
  return async (
    url,
    { width = 1366, height = 900, colours = "light" } = {},
  ) => {
    browser ??= chromium.launch({
      executablePath,
      // The pages are ours, and in a container there is often no sandbox.
      args: ["--no-sandbox"],
    });
    const page = await (await browser).newPage({
      viewport: { width, height },
      colorScheme: colours,
      reducedMotion: "reduce",
    });
    // The limit of the test counts.
    page.setDefaultTimeout(0);
    const complaints: string[] = [];
    const requests: string[] = [];
    page.on("console", (message) => complaints.push(message.text()));
    page.on("pageerror", (error) => complaints.push(String(error)));
    page.on("request", (request) => requests.push(request.url()));
    await page.goto(url);
    return { page, complaints, requests };
  };
}
