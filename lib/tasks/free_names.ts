/**
 * What a function uses of the scope that it was written in.
 *
 * @module
 */

import { parseExpression, type SyntaxNode } from "./parser.ts";
import { declaredIn, hoistedIn, namesIn, Scope } from "./scope.ts";

/** One place where a function uses a name that it does not declare. */
export interface FreeName {
  /** The name. */
  readonly name: string;
  /** What the function does with it there. */
  readonly use: "call" | "member" | "typeof" | "write" | "read";
  /** For "member": the name of the property, if it is written with a dot. */
  readonly member?: string;
  /** For "call": the arguments. */
  readonly args?: readonly SyntaxNode[];
}

/** What a function uses of the scope that it was written in. */
export interface OuterUses {
  /** Names that it does not declare, in the order of the source. */
  readonly names: readonly FreeName[];
  /** Keywords that mean something of the outer scope, such as `super`, and private names. */
  readonly keywords: readonly string[];
  /** Beginnings of the specifiers that it imports, where they are literal. */
  readonly imports: readonly string[];
  /** Whether it calls `eval`, whose text may use any name. */
  readonly usesEval: boolean;
}

/** Whose `this`, `super` and `arguments` the code at one place uses. */
type Level = "outer" | "function" | "inner";

/**
 * Analyses an expression that evaluates to a function, in strict mode.
 *
 * @returns Undefined if the parser cannot read the expression.
 */
export function findOuterUses(expression: string): OuterUses | undefined {
  const tree = parseExpression(expression);
  return tree === undefined ? undefined : new Analysis().run(tree);
}

class Analysis {
  readonly #names: FreeName[] = [];
  readonly #keywords = new Set<string>();
  readonly #imports: string[] = [];
  readonly #privateNames: Set<string>[] = [];
  #usesEval = false;
  /** Whether the analysis has come to the function itself. */
  #isInside = false;
  /** The name of the function itself, and whether the function uses it. */
  #ownName: string | undefined;
  #callsItself = false;

  run(program: SyntaxNode): OuterUses {
    // (function () { return EXPRESSION })
    const [statement] = program.body as SyntaxNode[];
    const wrapper = statement.expression as SyntaxNode;
    const [returned] = (wrapper.body as SyntaxNode).body as SyntaxNode[];
    this.#visit(returned.argument, new Scope(undefined), "outer");
    // A function that is its own constructor: its own `this` is an object.
    if (this.#callsItself) this.#keywords.delete("this");
    return {
      names: this.#names,
      keywords: [...this.#keywords],
      imports: this.#imports,
      usesEval: this.#usesEval,
    };
  }

  #visit(node: unknown, scope: Scope, level: Level): void {
    if (Array.isArray(node)) {
      for (const item of node) this.#visit(item, scope, level);
      return;
    }
    if (!isNode(node)) return;
    switch (node.type) {
      case "Identifier":
        return this.#refer(node, "read", scope, level);
      case "ThisExpression":
        return this.#keyword("this", level !== "inner");
      case "Super":
        return this.#keyword("super", level !== "inner");
      case "MetaProperty":
        return this.#metaProperty(node, level);
      case "PrivateIdentifier":
        return this.#privateName(node);
      case "MemberExpression":
        return this.#member(node, scope, level);
      case "CallExpression":
      case "NewExpression":
        return this.#call(node, scope, level);
      case "TaggedTemplateExpression":
        this.#use(node.tag, "call", scope, level);
        return this.#visit(node.quasi, scope, level);
      case "UnaryExpression":
        return this.#use(
          node.argument,
          node.operator === "typeof" ? "typeof" : "read",
          scope,
          level,
        );
      case "AssignmentExpression":
        this.#assign(node.left, scope, level);
        return this.#visit(node.right, scope, level);
      case "UpdateExpression":
        return this.#assign(node.argument, scope, level);
      case "ImportExpression":
        return this.#import(node, scope, level);
      default:
        return this.#visitScoped(node, scope, level);
    }
  }

  #visitScoped(node: SyntaxNode, scope: Scope, level: Level): void {
    switch (node.type) {
      case "FunctionExpression":
      case "FunctionDeclaration":
      case "ArrowFunctionExpression":
        return this.#function(node, scope, level);
      case "ClassExpression":
      case "ClassDeclaration":
        return this.#class(node, scope, level);
      case "Property":
      case "MethodDefinition":
      case "PropertyDefinition":
        return this.#property(node, scope, level);
      case "StaticBlock": {
        const body = node.body as SyntaxNode[];
        const names = [...hoistedIn(body), ...declaredIn(body)];
        return this.#visit(body, new Scope(scope, names), "inner");
      }
      case "BlockStatement":
      case "SwitchStatement": {
        if (node.type === "SwitchStatement") {
          this.#visit(node.discriminant, scope, level);
          const cases = node.cases as SyntaxNode[];
          const names = cases.flatMap((one) =>
            declaredIn(one.consequent as SyntaxNode[])
          );
          return this.#visit(cases, new Scope(scope, names), level);
        }
        const body = node.body as SyntaxNode[];
        return this.#visit(body, new Scope(scope, declaredIn(body)), level);
      }
      case "ForStatement":
      case "ForInStatement":
      case "ForOfStatement":
        return this.#loop(node, scope, level);
      case "CatchClause": {
        const inner = new Scope(scope, namesIn(node.param));
        this.#pattern(node.param, inner, level);
        return this.#visit(node.body, inner, level);
      }
      case "VariableDeclarator":
        this.#pattern(node.id, scope, level);
        return this.#visit(node.init, scope, level);
      case "LabeledStatement":
        return this.#visit(node.body, scope, level);
      case "BreakStatement":
      case "ContinueStatement":
        return;
      default:
        for (const child of Object.values(node)) {
          this.#visit(child, scope, level);
        }
    }
  }

  #function(node: SyntaxNode, outer: Scope, outerLevel: Level): void {
    const isArrow = node.type === "ArrowFunctionExpression";
    const ownLevel = this.#isInside ? "inner" : "function";
    const level = isArrow ? outerLevel : ownLevel;
    this.#isInside = true;
    const own = node.type === "FunctionExpression" ? namesIn(node.id) : [];
    if (level === "function") this.#ownName ??= own[0];
    const params = node.params as SyntaxNode[];
    const names = [...own, ...params.flatMap(namesIn)];
    if (!isArrow) names.push("arguments");
    const scope = new Scope(outer, names);
    if (level === "function") scope.isRoot = true;
    for (const param of params) this.#pattern(param, scope, level);
    const body = node.body as SyntaxNode;
    if (body.type !== "BlockStatement") return this.#visit(body, scope, level);
    // Default parameters do not see the variables of the body.
    const statements = body.body as SyntaxNode[];
    const declared = [...hoistedIn(statements), ...declaredIn(statements)];
    this.#visit(statements, new Scope(scope, declared), level);
  }

  #class(node: SyntaxNode, outer: Scope, level: Level): void {
    const scope = new Scope(outer, namesIn(node.id));
    this.#visit(node.superClass, scope, level);
    const members = (node.body as SyntaxNode).body as SyntaxNode[];
    this.#privateNames.push(
      new Set(
        members.map(({ key }) => key).filter(isNode)
          .filter((key) => key.type === "PrivateIdentifier")
          .map((key) => key.name as string),
      ),
    );
    this.#visit(members, scope, level);
    this.#privateNames.pop();
  }

  #property(node: SyntaxNode, scope: Scope, level: Level): void {
    if (node.computed) this.#visit(node.key, scope, level);
    const isField = node.type === "PropertyDefinition";
    this.#visit(node.value, scope, isField ? "inner" : level);
  }

  #loop(node: SyntaxNode, outer: Scope, level: Level): void {
    const head = (node.init ?? node.left) as SyntaxNode | undefined;
    const scope = new Scope(outer, isNode(head) ? declaredIn([head]) : []);
    if (node.type === "ForStatement") {
      this.#visit([node.init, node.test, node.update], scope, level);
    } else {
      if (head?.type === "VariableDeclaration") {
        this.#visit(head, scope, level);
      } else this.#assign(head, scope, level);
      this.#visit(node.right, scope, level);
    }
    this.#visit(node.body, scope, level);
  }

  /** The expressions in a pattern that declares variables. */
  #pattern(node: unknown, scope: Scope, level: Level): void {
    if (!isNode(node)) return;
    switch (node.type) {
      case "Identifier":
        return;
      case "ObjectPattern":
        for (const property of node.properties as SyntaxNode[]) {
          if (property.computed) this.#visit(property.key, scope, level);
          this.#pattern(property.value ?? property.argument, scope, level);
        }
        return;
      case "ArrayPattern":
        for (const item of node.elements as unknown[]) {
          this.#pattern(item, scope, level);
        }
        return;
      case "AssignmentPattern":
        this.#pattern(node.left, scope, level);
        return this.#visit(node.right, scope, level);
      case "RestElement":
        return this.#pattern(node.argument, scope, level);
    }
  }

  /** A pattern or a reference that is assigned to. */
  #assign(node: unknown, scope: Scope, level: Level): void {
    if (!isNode(node)) return;
    switch (node.type) {
      case "ObjectPattern":
        for (const property of node.properties as SyntaxNode[]) {
          if (property.computed) this.#visit(property.key, scope, level);
          this.#assign(property.value ?? property.argument, scope, level);
        }
        return;
      case "ArrayPattern":
        for (const item of node.elements as unknown[]) {
          this.#assign(item, scope, level);
        }
        return;
      case "AssignmentPattern":
        this.#assign(node.left, scope, level);
        return this.#visit(node.right, scope, level);
      case "RestElement":
        return this.#assign(node.argument, scope, level);
      default:
        return this.#use(node, "write", scope, level);
    }
  }

  #member(node: SyntaxNode, scope: Scope, level: Level): void {
    const property = node.property as SyntaxNode;
    const object = node.object as SyntaxNode;
    if (object.type === "Identifier") {
      const member = node.computed ? undefined : property.name as string;
      this.#refer(object, "member", scope, level, { member });
    } else this.#visit(object, scope, level);
    if (node.computed || property.type === "PrivateIdentifier") {
      this.#visit(property, scope, level);
    }
  }

  #call(node: SyntaxNode, scope: Scope, level: Level): void {
    const callee = node.callee as SyntaxNode;
    const args = node.arguments as SyntaxNode[];
    if (callee.type !== "Identifier") this.#visit(callee, scope, level);
    else {
      this.#refer(callee, "call", scope, level, { args });
      if (callee.name === "eval" && !scope.declares("eval")) {
        this.#usesEval = true;
      }
    }
    this.#visit(args, scope, level);
  }

  #import(node: SyntaxNode, scope: Scope, level: Level): void {
    const specifier = literalStart(node.source as SyntaxNode);
    if (specifier !== undefined) this.#imports.push(specifier);
    this.#visit(node.source, scope, level);
    this.#visit(node.options, scope, level);
  }

  #metaProperty(node: SyntaxNode, level: Level): void {
    const { name } = node.meta as { name: string };
    if (name === "import") this.#keywords.add("import.meta");
    else if (level === "outer") this.#keywords.add("new.target");
    // A function that asks whether it is a constructor is one.
    else this.#callsItself ||= level === "function";
  }

  #privateName(node: SyntaxNode): void {
    const name = node.name as string;
    if (!this.#privateNames.some((names) => names.has(name))) {
      this.#keywords.add(`#${name}`);
    }
  }

  #keyword(name: string, isOuter: boolean): void {
    if (isOuter) this.#keywords.add(name);
  }

  #use(
    node: unknown,
    use: FreeName["use"],
    scope: Scope,
    level: Level,
  ): void {
    if (isNode(node) && node.type === "Identifier") {
      this.#refer(node, use, scope, level);
    } else this.#visit(node, scope, level);
  }

  #refer(
    node: SyntaxNode,
    use: FreeName["use"],
    scope: Scope,
    level: Level,
    more: Pick<FreeName, "member" | "args"> = {},
  ): void {
    const name = node.name as string;
    const owner = scope.declares(name);
    if (owner !== undefined) {
      this.#callsItself ||= owner.isRoot && name === this.#ownName;
    } else if (name === "arguments" && level === "outer") {
      this.#keywords.add("arguments");
    } else this.#names.push({ name, use, ...more });
  }
}

/** The text of a literal specifier, or the beginning of a template. */
function literalStart(node: SyntaxNode): string | undefined {
  if (node.type === "Literal") return String(node.value);
  if (node.type !== "TemplateLiteral") return undefined;
  const [first] = node.quasis as { value: { cooked: string } }[];
  const isWhole = (node.expressions as unknown[]).length === 0;
  // Of a template only a beginning such as "./" says something.
  return isWhole || first.value.cooked.startsWith(".")
    ? first.value.cooked
    : undefined;
}

function isNode(value: unknown): value is SyntaxNode {
  return typeof value === "object" && value !== null &&
    typeof (value as SyntaxNode).type === "string";
}
