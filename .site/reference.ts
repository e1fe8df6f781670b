/**
 * The reference of all exports, by `deno doc`.
 *
 * @module
 */

import { execFileSync } from "node:child_process";
import {
  appendFileSync,
  globSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  rmSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join, relative } from "node:path";
import process from "node:process";
import { pathToFileURL } from "node:url";
import { writeDeclarations } from "../.release/declarations.ts";
import { ICON, REPOSITORY, ROOT } from "./pages.ts";

/** The groups of the exports, by the files that declare them; the first that fits counts. */
const CATEGORIES: readonly (readonly [RegExp, string])[] = [
  [/^lib\/(config|placement)\//, "Configuration"],
  [/^lib\/(errors|codec\/error_classes)\b/, "Errors"],
  [/^lib\/(parallel\/|numeric_array)/, "Parallel operations"],
  [/^lib\/streams\//, "Streams"],
  [/^lib\/(tasks\/|cloned)/, "Tasks and values"],
  [/^/, "Runtime"],
];

/** A reference from a declaration to another, which `deno doc` looks for as a file. */
const SPECIFIER = /(\b(?:from |import\()"\.[^"]*)\.js"/g;

/** The end of the comment of an exported declaration. */
const END_OF_COMMENT = /\s*\*\/\n(?=export )/g;

/**
 * Writes the reference from the declarations of the built package: these have no internal
 * members, and show which parameters are optional.
 *
 * @param folder Where its pages go, without those that are there.
 * @param guide The first page of the guide, for links from the reference.
 */
export async function writeReference(
  folder: string,
  guide: string,
): Promise<void> {
  const types = mkdtempSync(join(tmpdir(), "loom-reference-"));
  try {
    await writeDeclarations(ROOT, types);
    for (const path of globSync("**/*.d.ts", { cwd: types })) {
      const file = join(types, path);
      writeFileSync(file, prepare(path, readFileSync(file, "utf8")));
    }
    mkdirSync(folder, { recursive: true });
    execFileSync(process.execPath, [
      ...["doc", "--quiet", "--html", "--name=loom", `--output=${folder}`],
      join(types, "mod.d.ts"),
    ], { stdio: "inherit" });
    appendFileSync(join(folder, "page.css"), STYLE);
    const source = pathToFileURL(types).href.replaceAll("/", "&#x2F;");
    for (const path of globSync("**/*.html", { cwd: folder })) {
      const file = join(folder, path);
      const text = readFileSync(file, "utf8").replaceAll(source, SOURCE)
        .replaceAll(/(href="[^"]*)\.d\.ts"/g, '$1.ts"');
      writeFileSync(file, addLinks(text, relative(dirname(file), guide)));
    }
  } finally {
    rmSync(types, { recursive: true });
  }
}

const SOURCE = `${REPOSITORY}/blob/main`;

/**
 * On a phone the pages would be as wide as their longest line of code. In lists of exports,
 * spans inside others would fade away.
 */
const STYLE = `
.ddoc .namespaceItemContent span span { opacity: 1 !important; }
.ddoc > div:not(#categoryPanel) { min-width: 0; }
.ddoc * { overflow-wrap: anywhere; }
@media (max-width: 640px) {
  #topnav { height: auto; position: static; }
  #topnav > div { flex-wrap: wrap; gap: 0.5rem; }
  #searchbar { min-width: 0; }
  .ddoc .symbolTitle * { font-size: 1.2rem; }
}
`;

/** Light or dark is chosen once for both parts of the site: VitePress keeps the choice. */
const THEME = `<script>{
  const key = "vitepress-theme-appearance";
  const isDark = localStorage.getItem(key) === "dark" ||
    localStorage.getItem(key) !== "light" &&
      matchMedia("(prefers-color-scheme: dark)").matches;
  localStorage.setItem("theme", isDark ? "dark" : "light");
  document.documentElement.classList.toggle("dark", isDark);
  addEventListener("load", () =>
    document.getElementById("theme-toggle").addEventListener("click", () =>
      localStorage.setItem(key, localStorage.getItem("theme"))));
}</script>`;

/** A file of declarations with what `deno doc` needs to know. */
function prepare(path: string, text: string): string {
  const [, category] = CATEGORIES.find(([files]) =>
    files.test(path.replaceAll("\\", "/"))
  )!;
  return text
    .replaceAll(SPECIFIER, '$1.d.ts"')
    .replaceAll(END_OF_COMMENT, `\n * @category ${category}\n */\n`);
}

/** A page of the reference with a link to the guide, and without those that lead nowhere. */
function addLinks(text: string, guide: string): string {
  if (text.includes('http-equiv="refresh"')) return text;
  const searchBar = /<input\s+type="text"\s+id="searchbar"/;
  if (!searchBar.test(text)) {
    throw new Error(
      "Cannot link the reference to the guide: deno doc writes other pages than " +
        "before; mend addLinks() in .site/reference.ts",
    );
  }
  return text
    .replace("</head>", `<link rel="icon" href="${ICON}" />${THEME}</head>`)
    .replace(searchBar, `<a href="${guide}" class="contextLink">Guide</a>\n$&`)
    // The breadcrumb of the only module, which has no name.
    .replace(
      /<span class="text-black[^>]*>\s*<svg[^]*?<\/span>\.<\/ul>/,
      "</ul>",
    )
    // The key of a mapped type looks like a type parameter to deno doc.
    .replaceAll(
      /<a href="#(type_param_\w+)"[^>]*>(\w+)<\/a>/g,
      (link, id, name) => text.includes(`id="${id}"`) ? link : name,
    );
}
