import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import ts from 'typescript';
import { bodyFlaw } from './body-flaw.mjs';
import { expandTitle } from './expand-title.mjs';
import { testAliases } from './test-aliases.mjs';
import { UNKNOWN, Values } from './values.mjs';

const FUNCTION = /^[xf]?(it|test|describe)$/;
/** `only` leaves out all others of its file. */
const SKIPPING = new Set(['skip', 'todo', 'failing', 'only']);

/**
 * The tests that jest would find: each with its titles as written, groups first, and its cases, the
 * same titles as jest would print them.
 *
 * A row of an `each` is a case where its table is in the file; what only a run knows is `UNKNOWN`.
 * Tests in loops, conditions and functions of the file count; those that an imported function declares
 * do not.
 */
export function readTests(root) {
  return specFiles(root).flatMap((file) => testsOf(file, readFileSync(join(root, file), 'utf8')));
}

function specFiles(root) {
  const below = (folder) =>
    readdirSync(join(root, folder), { recursive: true, withFileTypes: true })
      .filter((entry) => entry.isFile())
      .map(({ parentPath, name }) => join(parentPath, name).slice(root.length + 1))
      .map((path) => path.replaceAll('\\', '/'));
  const there = new Set(readdirSync(root));
  const source = ['src', 'libs'].filter((folder) => there.has(folder)).flatMap(below);
  const whole = there.has('test') ? below('test') : [];
  return [
    ...source.filter((path) => !/\/(node_modules|dist)\//.test(path) && isUnit(path)),
    ...whole.filter((path) => path.endsWith('e2e-spec.ts')),
  ].sort();
}

const isUnit = (path) => path.endsWith('spec.ts') && !path.endsWith('e2e-spec.ts');

function testsOf(file, text) {
  const source = ts.createSourceFile(file, text, ts.ScriptTarget.Latest, true);
  const values = new Values(source);
  const aliases = testAliases(source);
  const found = [];
  const visit = (node, above) => {
    const call = readCall(node, values, aliases);
    if (call === undefined) {
      ts.forEachChild(node, (child) => visit(child, above));
      return;
    }
    const inside = {
      written: [...above.written, call.written],
      cases: above.cases.flatMap((chain) => call.printed.map((title) => [...chain, title])),
      skipped: above.skipped || call.skipped,
    };
    if (call.suite) ts.forEachChild(call.body, (child) => visit(child, inside));
    else {
      const { line } = source.getLineAndCharacterOfPosition(node.getStart());
      found.push({
        file,
        line: line + 1,
        range: [node.getStart(), node.getEnd()],
        ...inside,
        flaw: bodyFlaw(call.test, source),
      });
    }
  };
  visit(source, { written: [], cases: [[]], skipped: false });
  return found;
}

/** `it('…', …)`, `describe.each(table)('…', …)` and the like; other names of them count as they. */
function readCall(node, values, aliases) {
  if (!ts.isCallExpression(node) || node.arguments.length < 1) return undefined;
  const words = [];
  let table;
  let callee = node.expression;
  for (;;) {
    if (ts.isCallExpression(callee)) {
      table = callee.arguments[0];
      callee = callee.expression;
    } else if (ts.isPropertyAccessExpression(callee)) {
      words.unshift(callee.name.text);
      callee = callee.expression;
    } else break;
  }
  if (!ts.isIdentifier(callee)) return undefined;
  const alias = aliases.get(callee.text);
  const name = alias?.name ?? callee.text;
  if (!FUNCTION.test(name)) return undefined;
  words.unshift(...(alias?.words ?? []));
  if (table !== undefined && words.at(-1) !== 'each') return undefined;
  const title = values.text(node.arguments[0]);
  if (title === undefined) return undefined;
  const rows = table === undefined ? [undefined] : (values.rows(table) ?? [[]]);
  return {
    written: title.replaceAll(UNKNOWN, '…'),
    printed: rows.map((row, index) => expandTitle(title, row, index)),
    suite: name.endsWith('describe'),
    skipped: /^[xf]/.test(name) || words.some((word) => SKIPPING.has(word)),
    body: node.arguments[1] ?? node,
    test: node.arguments[1],
  };
}
