/**
 * Small changes to source text, each of which a test should notice.
 *
 * @module
 */

/** One change to a file. */
export interface Mutant {
  /** Offset of the text that is replaced. */
  readonly start: number;
  readonly text: string;
  readonly replacement: string;
}

/**
 * What is replaced by what. The source is formatted, so binary operators have spaces
 * around them, which type arguments have not.
 */
const REPLACEMENTS: readonly (readonly [RegExp, string])[] = [
  [/ === /g, " !== "],
  [/ !== /g, " === "],
  [/ < /g, " <= "],
  [/ <= /g, " < "],
  [/ > /g, " >= "],
  [/ >= /g, " > "],
  [/ \+ /g, " - "],
  [/ - /g, " + "],
  [/ \* /g, " / "],
  [/ && /g, " || "],
  [/ \|\| /g, " && "],
  [/ \?\? /g, " && "],
  [/ \+= /g, " -= "],
  [/ -= /g, " += "],
  [/\+\+/g, "--"],
  [/--/g, "++"],
  // Not the type of what a function returns.
  [/(?<!\): )\btrue\b/g, "false"],
  [/(?<!\): )\bfalse\b/g, "true"],
  [/(?<=\b(?:if|while) \()(?:[^;{}()]|\([^()]*\))+(?=\) )/g, "!($&)"],
  [/(?<=^ +)(?:this|[a-z]\w*)(?:\.#?\w+)*\([^{}\n]*\);$/gm, ";"],
  [/(?<=^ +)return;$/gm, ";"],
  [/(?<=[ ([])\d+(?=[ ,;)\]])/g, "$& + 1"],
];

/** Comments, strings, templates and types, where a change means nothing. */
const SKIPPED =
  /\/\*[^]*?\*\/|\/\/.*|"(?:[^"\\\n]|\\.)*"|'(?:[^'\\\n]|\\.)*'|`(?:[^`\\]|\\[^])*`|^(?:import|export \*)[^;]*;|^(?:export )?(?:interface|type) [^]*?^[^\s].*$/gm;

/** All changes to `source`, in order. */
export function mutantsOf(source: string): Mutant[] {
  const code = source.replace(
    SKIPPED,
    (text) => text.replace(/[^\n]/g, "\u00b7"),
  );
  const mutants: Mutant[] = [];
  for (const [pattern, replacement] of REPLACEMENTS) {
    for (const match of code.matchAll(pattern)) {
      const { index } = match;
      // The text of the source: strings are blanked in `code`.
      const original = source.slice(index, index + match[0].length);
      mutants.push({
        start: index,
        text: original,
        replacement: replacement.replace("$&", () => original),
      });
    }
  }
  return mutants.sort((a, b) => a.start - b.start);
}

/** The source with the change. */
export function applyMutant(source: string, mutant: Mutant): string {
  const end = mutant.start + mutant.text.length;
  return source.slice(0, mutant.start) + mutant.replacement + source.slice(end);
}

/** The changed line before and after, for reports. */
export function describeMutant(source: string, mutant: Mutant): string {
  const before = source.slice(0, mutant.start);
  const line = before.split("\n").length;
  const lineAt = (text: string) => text.split("\n")[line - 1].trim();
  return `${line}: ${lineAt(source)}  =>  ${
    lineAt(applyMutant(source, mutant))
  }`;
}
