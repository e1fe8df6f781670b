/**
 * The settings of VitePress, which makes the guide's part of the site.
 *
 * @module
 */

import {
  guideItems,
  ICON,
  PAGES,
  projectItems,
  referencePage,
  REPOSITORY,
  siteLink,
} from "../pages.ts";

/** What is used of markdown-it, the parser of VitePress. */
interface Parser {
  readonly core: {
    readonly ruler: { push(name: string, rule: (state: State) => void): void };
  };
}

/** What the parser knows about a page. */
interface State {
  readonly tokens: Token[];
  readonly env: { readonly relativePath: string };
  readonly Token: new (type: string, tag: string, nesting: number) => Token;
}

interface Token {
  readonly type: string;
  readonly content: string;
  children: Token[] | null;
  attrGet(name: string): string | null;
  attrSet(name: string, value: string): void;
}

const API = { text: "API", link: "/api/index.html", target: "_self" };

export default {
  lang: "en",
  title: "loom",
  description: "A thread-pool runtime for Deno and Bun",
  head: [
    ["link", { rel: "icon", href: ICON }],
    // On a phone, flags such as `--allow-read` would be three lines.
    ["style", {}, "td:first-child code { white-space: nowrap; }"],
  ],
  srcDir: PAGES,
  cacheDir: ".cache/vitepress",
  outDir: "dist",
  themeConfig: {
    nav: [
      { text: "Guide", link: "/docs/index.md", activeMatch: "^/docs/" },
      API,
      { text: "Changelog", link: "/CHANGELOG.md" },
    ],
    sidebar: [
      { text: "Overview", link: "/" },
      { text: "Guide", items: guideItems() },
      { text: "Reference", items: [{ ...API, text: "Every export" }] },
      { text: "The project", items: projectItems() },
    ],
    outline: [2, 3],
    search: { provider: "local" },
    socialLinks: [{ icon: "github", link: REPOSITORY }],
  },
  markdown: {
    config: (parser: Parser) => parser.core.ruler.push("links", changeLinks),
  },
};

/** Makes the links of a page those of the site, and links exports to the reference. */
function changeLinks({ tokens, env, Token }: State): void {
  // The pages lie as the files of the project do, but for their indexes.
  const page = env.relativePath.replace(/(^|\/)index\.md$/, "$1README.md");
  const isGuide = /^(docs\/|README\.md$)/.test(page);
  const linked = new Set<string>();
  for (const [index, token] of tokens.entries()) {
    if (token.children === null) continue;
    const mayLink = isGuide && tokens[index - 1]?.type !== "heading_open";
    let isInLink = false;
    token.children = token.children.flatMap((child) => {
      if (child.type === "link_open") {
        isInLink = true;
        // The links of headings to themselves are added later.
        child.attrSet("href", siteLink(page, child.attrGet("href")!));
      } else if (child.type === "link_close") {
        isInLink = false;
      } else if (child.type === "code_inline" && mayLink && !isInLink) {
        const target = referencePage(page, child.content);
        if (target === undefined || linked.has(target)) return [child];
        linked.add(target);
        const open = new Token("link_open", "a", 1);
        open.attrSet("href", target);
        open.attrSet("target", "_self");
        return [open, child, new Token("link_close", "a", -1)];
      }
      return [child];
    });
  }
}
