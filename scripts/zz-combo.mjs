import { execFileSync } from 'node:child_process';
import { realpathSync } from 'node:fs';
import { join, relative } from 'node:path';
import { Compiler } from './mutants/compiler.mjs';
import { readMutants } from './mutants/read-mutants.mjs';
import { resolveMutants } from './mutants/resolve-mutants.mjs';
import { patternOf } from './mutants/test-pattern.mjs';
import { Workspace } from './mutants/workspace.mjs';
import { isRunOf } from './record/match-tests.mjs';
import { readPages } from './record/pages.mjs';
import { readTests } from './record/read-tests.mjs';
import { readFileSync } from 'node:fs';
const root = realpathSync(join(import.meta.dirname, '..'));
const ids = process.argv.slice(2);
const files = execFileSync('git', ['ls-files', '-co', '--exclude-standard', '--deduplicate'], { cwd: root, encoding: 'utf8' }).trim().split('\n').filter((f) => !f.startsWith('test/screenshots/'));
const mutants = await readMutants(root);
const { resolved, problems } = resolveMutants(mutants, { root, files, tests: readTests(root), rows: readPages(root).flatMap((p) => p.rows) });
const mine = resolved.filter(({ id }) => ids.includes(id));
for (const id of ids) if (!mine.some((m) => m.id === id)) console.log('NOT FOUND', id, problems.filter((p) => p.startsWith(id)));
const texts = new Map();
for (const m of mine) {
  const text = texts.get(m.file) ?? readFileSync(join(root, m.file), 'utf8');
  if (!text.includes(m.before)) { console.log('CONFLICT', m.id); continue; }
  texts.set(m.file, text.replace(m.before, () => m.after));
}
const compiler = new Compiler(root);
const all = {};
for (const [file, text] of texts) Object.assign(all, { [file]: text }, compiler.outputs(file, text));
const workspace = new Workspace(root, files, 1);
const killers = mine.flatMap((m) => m.killers);
const suites = [...new Set(killers.map((k) => k.suite))];
const run = await workspace.with(all, () => workspace.test(suites, patternOf(killers), { TEST_DATABASES: 'sqlite' }));
if (run.error) { console.log(run.error); process.exit(1); }
for (const m of mine) for (const k of m.killers) {
  const suite = run.testResults.find((s) => relative(workspace.folder, s.name) === k.suite);
  const runs = (suite?.assertionResults ?? []).filter((a) => a.status !== 'pending' && isRunOf(k, [...a.ancestorTitles, a.title]));
  const failed = runs.filter((a) => a.status === 'failed');
  const why = (failed[0]?.failureMessages?.[0] ?? suite?.message ?? '').replaceAll(/\u001b\[[0-9;]*m/g, '');
  const at = /\((?:\/[^)]*)?(test|src)\/[^)]*:\d+:\d+\)/.exec(why)?.[0] ?? '';
  console.log(failed.length > 0 ? 'killed  ' : runs.length === 0 ? 'NORUN   ' : 'SURVIVED', m.id, '|', k.title.slice(0, 60), '|', why.split('\n').slice(0, 9).map((l)=>l.trim()).filter(Boolean).join(' ').slice(0, 170), at.slice(-60));
}
process.exit(0);
