/**
 * The pages of the site, and where their links lead there.
 *
 * @module
 */

import { existsSync, globSync, readFileSync } from "node:fs";
import { posix } from "node:path";
import { fileURLToPath } from "node:url";

/** The folder of the project. */
export const ROOT: string = fileURLToPath(
  new URL("..", import.meta.url),
).replace(/[/\\]$/, "");

const PACKAGE = JSON.parse(readFileSync(`${ROOT}/package.json`, "utf8"));

/** Where files are shown that are no pages: the repository that package.json names. */
export const REPOSITORY: string = `https://github.com/${
  PACKAGE.repository.replace(/^github:/, "")
}`;
const BROWSE = `${REPOSITORY}/blob/main/`;

/** Pages about the project itself, by the titles that the site gives them. */
const PROJECT: Readonly<Record<string, string>> = {
  "Changelog": "CHANGELOG.md",
  "Results of the benchmarks": "bench/results/REPORT.md",
  "How they are measured": "bench/README.md",
  "Architecture": "ARCHITECTURE.md",
  "The bridge": "lib/bridge/README.md",
  "Parallel loops": "lib/jobs/README.md",
  "Contributing": "CONTRIBUTING.md",
  "Security": "SECURITY.md",
};

/** A title and a link of the site's navigation. */
export interface NavigationItem {
  readonly text: string;
  readonly link: string;
}

/** The pages of the guide, in the order of its index. */
export function guideItems(): NavigationItem[] {
  const index = readFileSync(`${ROOT}/docs/README.md`, "utf8");
  return [...index.matchAll(/^\| \[([^\]]+)\]\((\w+\.md)\)/gm)]
    .map(([, text, file]) => ({ text, link: `/${sitePath(`docs/${file}`)}` }));
}

/** The pages about the project. */
export function projectItems(): NavigationItem[] {
  return Object.entries(PROJECT)
    .map(([text, path]) => ({ text, link: `/${sitePath(path)}` }));
}

/** The Markdown files that become pages, as paths from the project's folder. */
export function pages(): string[] {
  return [
    "README.md",
    ...globSync("docs/*.md", { cwd: ROOT }).map((path) =>
      path.replaceAll("\\", "/")
    ).sort(),
    ...Object.values(PROJECT),
  ];
}

/** The Markdown file of the site for one of the project. */
export function sitePath(path: string): string {
  // What is there in Markdown as README is the index of its folder.
  return path.replace(/(^|\/)README\.md$/, "$1index.md");
}

/**
 * The link of the site for a link of a page: to another page as a path, to other files of
 * the project as their address in the repository, and what leads elsewhere as it is.
 *
 * @param page The Markdown file that has the link, as a path from the project's folder.
 * @param link The link, relative to that file or an address.
 * @throws {Error} if the project has no such file.
 */
export function siteLink(page: string, link: string): string {
  const isOfRepository = link.startsWith(BROWSE);
  if (!isOfRepository && /^(\w+:|#)/.test(link)) return link;
  const [, target, suffix] = /^([^?#]*)(.*)$/.exec(
    isOfRepository ? link.slice(BROWSE.length) : link,
  )!;
  const path = posix.join(
    isOfRepository ? "." : posix.dirname(page),
    target,
  ).replace(/\/$/, "");
  if (!existsSync(`${ROOT}/${path}`)) {
    throw new Error(
      `Cannot link ${page}: there is no ${path}; mend ${link} in ${page}`,
    );
  }
  const found = [path, `${path}/README.md`].find((each) =>
    pages().includes(each)
  );
  return found === undefined
    ? `${BROWSE}${path}${suffix}`
    : `/${sitePath(found)}${suffix}`;
}

/** Where the build copies the pages to. */
export const PAGES = `${ROOT}/.site/.cache/pages`;

/** Where the build writes the reference to, before VitePress copies it as it is. */
export const REFERENCE = `${PAGES}/public/api`;

/**
 * The link to the page of the reference for code in the text of a page, such as `parIter`,
 * `Cloned<T>`, `runtime.alloc` or `LoomBuilder.resolve()`. Undefined if there is none.
 */
export function referencePage(page: string, code: string): string | undefined {
  const [, owner, name] =
    /^(?:(\w+)\.)?(\w+)(?:<[\w, ]*>)?(?:\([^()]*\))?$/.exec(code) ?? [];
  if (name === undefined) return undefined;
  const className = owner === "runtime" ? "LoomRuntime" : owner;
  const file = className === undefined
    ? `~/${name}.html`
    : `~/${className}.prototype.${name}.html`;
  if (!existsSync(`${REFERENCE}/${file}`)) return undefined;
  return posix.join(posix.relative(posix.dirname(page), "api"), file);
}

/** The site's icon, as an address: two threads over and under each other. */
export const ICON = `data:image/svg+xml,${
  encodeURIComponent(
    '<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 16 16">' +
      '<path d="M5 1v5m0 4v5M1 11h9m4 0h1" stroke="#5672cd" stroke-width="3"/>' +
      '<path d="M11 1v8m0 4v2M1 5h2m4 0h8" stroke="#e0883b" stroke-width="3"/></svg>',
  )
}`;
