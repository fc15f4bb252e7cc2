import ts from 'typescript';

/** Stands for what only a run knows. */
export const UNKNOWN = '\u0000';

/** What can be known of a file's expressions without running it: literals, and constants made of them. */
export class Values {
  #constants = new Map();

  constructor(source) {
    const visit = (node) => {
      if (ts.isVariableDeclaration(node) && ts.isIdentifier(node.name) && node.initializer) {
        const name = node.name.text;
        // Two of one name: which is meant depends on the place, so neither is known.
        this.#constants.set(name, this.#constants.has(name) ? undefined : node.initializer);
      }
      ts.forEachChild(node, visit);
    };
    visit(source);
  }

  /** The text of a title, with `UNKNOWN` in place of what is not known; undefined for no text at all. */
  text(node) {
    if (ts.isStringLiteralLike(node)) return node.text;
    if (!ts.isTemplateExpression(node)) return undefined;
    return node.templateSpans.reduce(
      (text, { expression, literal }) => text + this.#printed(expression) + literal.text,
      node.head.text,
    );
  }

  /** The rows of a table of `each`; undefined when they are not known. */
  rows(node) {
    const table = this.#resolve(node);
    if (table === undefined || !ts.isArrayLiteralExpression(table)) return undefined;
    if (table.elements.some((one) => ts.isSpreadElement(one))) return undefined;
    return table.elements.map((element) => {
      const row = this.#resolve(element);
      if (row !== undefined && ts.isArrayLiteralExpression(row)) {
        return row.elements.map((cell) => this.#value(cell));
      }
      return [this.#value(element)];
    });
  }

  #printed(node) {
    const value = this.#value(node);
    return typeof value === 'object' ? UNKNOWN : String(value);
  }

  /** A text, number or boolean; an object for an object's own properties; else `UNKNOWN`. */
  #value(node) {
    const found = this.#resolve(node);
    if (found === undefined) return UNKNOWN;
    if (ts.isStringLiteralLike(found)) return found.text;
    if (ts.isNumericLiteral(found)) return Number(found.text);
    if (found.kind === ts.SyntaxKind.TrueKeyword) return true;
    if (found.kind === ts.SyntaxKind.FalseKeyword) return false;
    if (ts.isPrefixUnaryExpression(found) && found.operator === ts.SyntaxKind.MinusToken) {
      const value = this.#value(found.operand);
      return typeof value === 'number' ? -value : UNKNOWN;
    }
    if (ts.isObjectLiteralExpression(found)) {
      const own = found.properties.filter(
        (property) => ts.isPropertyAssignment(property) && ts.isIdentifier(property.name),
      );
      return Object.fromEntries(
        own.map(({ name, initializer }) => [name.text, this.#value(initializer)]),
      );
    }
    return UNKNOWN;
  }

  /** Through `as const`, parentheses and constants of the file. */
  #resolve(node, depth = 0) {
    if (depth > 5 || node === undefined) return undefined;
    if (
      ts.isAsExpression(node) ||
      ts.isParenthesizedExpression(node) ||
      ts.isSatisfiesExpression(node)
    ) {
      return this.#resolve(node.expression, depth);
    }
    if (ts.isIdentifier(node)) return this.#resolve(this.#constants.get(node.text), depth + 1);
    return node;
  }
}
