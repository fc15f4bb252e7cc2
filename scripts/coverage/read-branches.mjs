import { readFileSync } from 'node:fs';
import ts from 'typescript';

/**
 * Of jest's coverage: how many branches of each file were taken, and of those that were not the line
 * that tells what would have run.
 */
export function readBranches(coverage) {
  const files = [];
  const uncovered = [];
  for (const { path, all: unloaded, branchMap, b } of Object.values(coverage)) {
    const source = readFileSync(path, 'utf8');
    if (unloaded && holdsTypesOnly(source)) continue;
    const lines = source.split('\n');
    let taken = 0;
    let all = 0;
    for (const [id, { locations }] of Object.entries(branchMap)) {
      for (const [index, range] of locations.entries()) {
        const line = lineOf(lines, range);
        if (line === undefined) continue;
        all += 1;
        if (b[id][index] > 0) taken += 1;
        else uncovered.push({ path, line, text: lines[line - 1].trim() });
      }
    }
    files.push({ path, taken, all });
  }
  return { files, uncovered };
}

/** What nobody loads counts as one branch; of a file of types nothing is left that could be loaded. */
function holdsTypesOnly(source) {
  const { outputText } = ts.transpileModule(source, {
    compilerOptions: { target: ts.ScriptTarget.ES2022, module: ts.ModuleKind.ES2022 },
  });
  return /^\s*(?:export \{\};\s*)?$/.test(withoutComments(outputText));
}

/**
 * V8 tells where a block begins and ends. One begins where its own code does, but what follows a
 * `return`, a `throw` or an `await` begins at the end of that, on the line before its own code.
 * `undefined` where nothing follows but the ends of blocks (`} finally {`, a lone `}`): there is
 * nothing that could run.
 */
function lineOf(lines, { start, end }) {
  const first = lines[start.line - 1];
  const rest = first.slice(start.column, end.line === start.line ? end.column : undefined);
  const names = /\w/.test(first.slice(0, start.column).replace('catch', ''));
  if (/^\s*\{/.test(rest) && names) return start.line;
  if (/^\s*case\b/.test(rest)) return start.line;
  if (start.line === end.line) return holdsCode(rest) ? start.line : undefined;
  for (let line = start.line + 1; line <= end.line; line += 1) {
    const text = lines[line - 1];
    if (holdsCode(line === end.line ? text.slice(0, end.column) : text)) return line;
  }
  // A `catch` may hold nothing but a comment, and is a way to go on all the same.
  return /^\s*catch\b/.test(rest) ? start.line : undefined;
}

const holdsCode = (text) =>
  !/^\s*(?:\*|\/\*)/.test(text) &&
  /[^\s(){}[\];,]/.test(withoutComments(text).replace(/\b(?:finally|else|try)\b/g, ''));

const withoutComments = (text) => text.replace(/\/\*[^]*?\*\/|(?<!:)\/\/.*$/gm, '');
