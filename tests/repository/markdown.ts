/**
 * Reads code blocks and links out of Markdown.
 *
 * @module
 */

/** A fenced code block. */
export interface CodeBlock {
  /** The first word after the fence, such as `ts`; empty without one. */
  readonly language: string;
  /** The other words, such as `ignore`. */
  readonly attributes: readonly string[];
  /** Line of the page on which the code starts, counted from 1. */
  readonly line: number;
  /** The code, with a newline at its end. */
  readonly code: string;
}

/** The fenced code blocks of a page, in order. */
export function codeBlocks(page: string): CodeBlock[] {
  const blocks: CodeBlock[] = [];
  const lines = page.split("\n");
  for (let i = 0; i < lines.length; i++) {
    const fence = /^(\s*)(`{3,})\s*([^`]*)$/.exec(lines[i]);
    if (fence === null) continue;
    const [, indent, ticks, info] = fence;
    const start = i + 1;
    do i++; while (i < lines.length && lines[i].trim() !== ticks);
    if (i === lines.length) {
      throw new Error(
        `Cannot read code block: the fence in line ${start} is never closed`,
      );
    }
    const [language = "", ...attributes] = info.trim().split(/\s+/);
    const code = lines.slice(start, i).map((line) =>
      line.startsWith(indent) ? line.slice(indent.length) : line
    );
    blocks.push({
      language,
      attributes,
      line: start + 1,
      code: `${code.join("\n")}\n`,
    });
  }
  return blocks;
}

/**
 * The targets of the links and images of a page, those in code left out: `[text](target)`
 * first, then the definitions `[name]: target`.
 */
export function linkTargets(page: string): string[] {
  const prose = page
    .replace(/^(\s*`{3,})[\s\S]*?^\s*`{3,}\s*$/gm, "")
    .replace(/`[^`\n]*`/g, "");
  const links = prose.matchAll(/\]\(\s*([^)\s]+)[^)]*\)/g);
  const definitions = prose.matchAll(/^\[[^\]]+\]:\s*(\S+)/gm);
  return [...links, ...definitions].map(([, target]) => target);
}

/**
 * The lines that a program says it prints: the comment behind each `console.log()` of one
 * line. `…` in it stands for any text.
 */
export function promisedLines(code: string): string[] {
  return [...code.matchAll(/console\.log\(.*\);\s*\/\/ (.*)$/gm)]
    .map(([, promise]) => promise);
}
