/**
 * The names that a scope of strict JavaScript declares.
 *
 * @module
 */

import type { SyntaxNode } from "./parser.ts";

/** A scope and those around it. */
export class Scope {
  /** Whether it is that of the parameters of the analysed function. */
  isRoot = false;
  readonly #outer: Scope | undefined;
  readonly #names: ReadonlySet<string>;

  constructor(outer: Scope | undefined, names: Iterable<string> = []) {
    this.#outer = outer;
    this.#names = new Set(names);
  }

  /** The innermost scope, from this one on, that declares `name`. */
  declares(name: string): Scope | undefined {
    return this.#names.has(name) ? this : this.#outer?.declares(name);
  }
}

/** The names that a pattern declares, or an identifier. */
export function namesIn(pattern: unknown): string[] {
  const node = pattern as SyntaxNode | null | undefined;
  switch (node?.type) {
    case "Identifier":
      return [node.name as string];
    case "ObjectPattern":
      return (node.properties as SyntaxNode[]).flatMap((property) =>
        namesIn(property.value ?? property.argument)
      );
    case "ArrayPattern":
      return (node.elements as unknown[]).flatMap(namesIn);
    case "AssignmentPattern":
      return namesIn(node.left);
    case "RestElement":
      return namesIn(node.argument);
    default:
      return [];
  }
}

/** What the statements of a block declare in it: `let`, `const`, classes and functions. */
export function declaredIn(statements: readonly SyntaxNode[]): string[] {
  return statements.flatMap((statement) => {
    switch (statement.type) {
      case "ClassDeclaration":
      case "FunctionDeclaration":
        return namesIn(statement.id);
      case "LabeledStatement":
        return declaredIn([statement.body as SyntaxNode]);
      case "VariableDeclaration":
        return statement.kind === "var" ? [] : declaratorNames(statement);
      default:
        return [];
    }
  });
}

/** What `var` declares in the statements of a function, at any depth. */
export function hoistedIn(statements: readonly SyntaxNode[]): string[] {
  const names: string[] = [];
  const visit = (value: unknown): void => {
    if (Array.isArray(value)) return value.forEach(visit);
    if (typeof value !== "object" || value === null) return;
    const node = value as SyntaxNode;
    if (typeof node.type !== "string" || OWN_VARIABLES.test(node.type)) return;
    if (node.type === "VariableDeclaration" && node.kind === "var") {
      names.push(...declaratorNames(node));
    }
    Object.values(node).forEach(visit);
  };
  visit(statements);
  return names;
}

/** Nodes with variables of their own. */
const OWN_VARIABLES = /Function|^Class/;

function declaratorNames(declaration: SyntaxNode): string[] {
  return (declaration.declarations as SyntaxNode[]).flatMap(({ id }) =>
    namesIn(id)
  );
}
