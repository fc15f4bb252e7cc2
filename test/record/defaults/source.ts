import { readdirSync, readFileSync } from 'node:fs';
import { basename, join } from 'node:path';
import ts from 'typescript';

/** What a docstring says of a default, and where. */
export interface Docstring {
  /** The file's name and the member's, such as `api-request.ts timeoutMs`. */
  readonly of: string;
  readonly text: string;
}

/** The product's source, read without running it: constants that nothing exports, and docstrings. */
export class Source {
  private readonly files = new Map<string, ts.SourceFile[]>();

  constructor(root: string) {
    for (const folder of [join(root, 'libs'), join(root, 'src')]) {
      for (const path of readdirSync(folder, { recursive: true, encoding: 'utf8' })) {
        const own = folder.endsWith('src') || /^[^/]+\/src\//.test(path);
        if (!own || !path.endsWith('.ts') || path.endsWith('spec.ts')) continue;
        const text = readFileSync(join(folder, path), 'utf8');
        const file = ts.createSourceFile(path, text, ts.ScriptTarget.Latest, true);
        this.files.set(basename(path), [...(this.files.get(basename(path)) ?? []), file]);
      }
    }
  }

  /** The value of a constant of the file, as far as it is made of literals. */
  constant(file: string, name: string): unknown {
    const source = this.file(file);
    const declared = constantOf(source, name);
    if (declared === undefined) throw new Error(`${file} has no constant ${name}`);
    return valueOf(declared, source);
  }

  /** The number that the only match of the pattern captures. */
  number(file: string, pattern: RegExp): number {
    return Number(this.text(file, pattern).replaceAll('_', ''));
  }

  /** The text that the only match of the pattern captures. */
  text(file: string, pattern: RegExp): string {
    const found = [...this.file(file).text.matchAll(new RegExp(pattern, 'g'))];
    if (found.length !== 1) throw new Error(`${file} has ${found.length} matches of ${pattern}`);
    return found[0]?.[1] as string;
  }

  /** The members of an interface, or of the literal in a type, each with its docstring. */
  members(file: string, name: string): Map<string, string> {
    const members = new Map<string, string>();
    const collect = (node: ts.Node): void => {
      if (ts.isPropertySignature(node)) members.set(node.name.getText(), docOf(node));
      else ts.forEachChild(node, collect);
    };
    const source = this.file(file);
    for (const node of source.statements) {
      if (ts.isInterfaceDeclaration(node) && node.name.text === name) node.members.forEach(collect);
      if (ts.isTypeAliasDeclaration(node) && node.name.text === name) collect(node.type);
    }
    if (members.size === 0) throw new Error(`${file} has no interface ${name}`);
    return members;
  }

  /** Every docstring that names a number as a default. */
  numbersInDocstrings(): Docstring[] {
    const found: Docstring[] = [];
    const visit = (node: ts.Node, file: string): void => {
      const text = docOf(node);
      const name = (node as { name?: ts.Node }).name?.getText();
      if (name !== undefined && /\bdefault:? \d/i.test(text)) {
        found.push({ of: `${basename(file)} ${name}`, text });
      }
      ts.forEachChild(node, (child) => visit(child, file));
    };
    for (const file of [...this.files.values()].flat()) visit(file, file.fileName);
    return found;
  }

  private file(name: string): ts.SourceFile {
    const parts = name.split('/');
    const found = (this.files.get(parts.at(-1) as string) ?? []).filter(({ fileName }) =>
      fileName.endsWith(name),
    );
    if (found.length !== 1) throw new Error(`there are ${found.length} files ${name}`);
    return found[0] as ts.SourceFile;
  }
}

/** The docstring right before a declaration, without its stars. */
function docOf(node: ts.Node): string {
  const [doc] = ts.getJSDocCommentsAndTags(node).filter(ts.isJSDoc);
  return (doc?.getText() ?? '').replaceAll(/\s*\n?\s*\*+\/?\s?/g, ' ').trim();
}

function constantOf(source: ts.SourceFile, name: string): ts.Expression | undefined {
  return source.statements
    .filter(ts.isVariableStatement)
    .flatMap(({ declarationList }) => [...declarationList.declarations])
    .find((one) => one.name.getText() === name)?.initializer;
}

/** A builder's call is the object that it is given: `variable.flag({ env, default })`. */
function valueOf(node: ts.Expression, source: ts.SourceFile): unknown {
  const value = (inner: ts.Expression) => valueOf(inner, source);
  if (ts.isStringLiteralLike(node)) return node.text;
  if (ts.isNumericLiteral(node)) return Number(node.text);
  if (node.kind === ts.SyntaxKind.TrueKeyword) return true;
  if (node.kind === ts.SyntaxKind.FalseKeyword) return false;
  if (ts.isArrayLiteralExpression(node)) return node.elements.map(value);
  if (ts.isAsExpression(node) || ts.isParenthesizedExpression(node)) return value(node.expression);
  if (ts.isBinaryExpression(node) && node.operatorToken.kind === ts.SyntaxKind.AsteriskToken) {
    return Number(value(node.left)) * Number(value(node.right));
  }
  if (ts.isCallExpression(node) && node.arguments[0] !== undefined) return value(node.arguments[0]);
  if (ts.isIdentifier(node)) {
    const declared = constantOf(source, node.text);
    return declared === undefined ? undefined : value(declared);
  }
  if (!ts.isObjectLiteralExpression(node)) return undefined;
  return Object.fromEntries(
    node.properties.flatMap((property) => {
      if (ts.isPropertyAssignment(property)) {
        return [[property.name.getText(), value(property.initializer)]];
      }
      return ts.isShorthandPropertyAssignment(property)
        ? [[property.name.text, value(property.name)]]
        : [];
    }),
  );
}
