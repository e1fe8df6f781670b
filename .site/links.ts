/**
 * Checks the links of a folder of HTML files.
 *
 * @module
 */

import { existsSync, globSync, readFileSync, statSync } from "node:fs";
import { join } from "node:path";

/** Stands for the site's own address, so that links can be resolved as a browser does. */
const ORIGIN = "http://site.invalid";

/**
 * Returns a line for each link to a page or a heading of the site that is not there, and
 * for each file that a page loads from elsewhere.
 *
 * @param folder The folder of the site.
 * @param base The path under which it is published, such as `/` or `/loom/`.
 */
export function findFaults(folder: string, base: string): string[] {
  const files = globSync("**/*.{html,css}", { cwd: folder })
    .map((path) => path.replaceAll("\\", "/")).sort();
  const texts = new Map(
    files.map((path) => [path, readFileSync(join(folder, path), "utf8")]),
  );
  const ids = new Map<string, ReadonlySet<string>>();
  const idsOf = (path: string) => {
    const text = texts.get(path) ?? "";
    if (!ids.has(path)) ids.set(path, new Set(attributes(text, "id")));
    return ids.get(path)!;
  };
  return files.flatMap((path) => {
    const text = texts.get(path)!;
    const links = path.endsWith(".html") ? attributes(text, "href|src") : [];
    const dead = [...new Set(links)].filter((link) => {
      const url = URL.parse(link, `${ORIGIN}${base}${path}`);
      if (url === null) return true;
      if (url.protocol === "file:") return true;
      if (url.origin !== ORIGIN) return false;
      if (!url.pathname.startsWith(base)) return true;
      const target = fileOf(
        folder,
        decodeURIComponent(url.pathname.slice(base.length)),
      );
      if (target === undefined) return true;
      const id = decodeURIComponent(url.hash.slice(1));
      return id !== "" && target.endsWith(".html") && !idsOf(target).has(id);
    });
    return [
      ...dead.map((link) => `${path} links to ${link}, which is not there`),
      ...loadedFromElsewhere(text).map((from) => `${path} loads ${from}`),
    ];
  });
}

/** The file that a server sends for a path. */
function fileOf(folder: string, path: string): string | undefined {
  if (!existsSync(join(folder, path))) return undefined;
  if (!statSync(join(folder, path)).isDirectory()) return path;
  const index = `${
    path === "" || path.endsWith("/") ? path : `${path}/`
  }index.html`;
  return existsSync(join(folder, index)) ? index : undefined;
}

/** The values of the attributes of that name, outside of scripts. */
function attributes(html: string, name: string): string[] {
  const tags = html.replaceAll(/(<script\b[^>]*>)[^]*?<\/script>/g, "$1");
  return [...tags.matchAll(new RegExp(`<[^<>]*?\\s(?:${name})="([^"]*)"`, "g"))]
    .map(([, value]) =>
      value.replaceAll("&#x2F;", "/").replaceAll("&quot;", '"')
        .replaceAll("&#39;", "'").replaceAll("&amp;", "&")
    );
}

/** The addresses of scripts, styles, pictures and fonts that are not the site's own. */
function loadedFromElsewhere(text: string): string[] {
  const elements = text.matchAll(
    /<(?:script|img|link|iframe|source)\b[^>]*?\s(?:src|href)="((?:https?:)?\/\/[^"]*)"/g,
  );
  const styles = text.matchAll(
    /(?:@import\s+|\burl\()["']?((?:https?:)?\/\/[^"')]*)/g,
  );
  return [...elements, ...styles].map(([, address]) => address);
}
