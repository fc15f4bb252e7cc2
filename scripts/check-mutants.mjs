// Breaks the code on purpose, one mutant at a time, and looks whether the tests that the record names
// fail. A mutant that they do not notice is a promise without a proof.
//
//   npm run check:mutants [row or mutant…]   all of them, or these
//     --dry             only whether every mutant applies, compiles and names tests of its row
//     --changed         what is new, or not as in the last run, and a tenth of the rest
//     --untried         what no run has tried as it is now
//     --seconds N       begins no further mutant after N seconds
//     --report FILE     jest's report of a run without mutants, in place of running the tests first
//     --trial FILE      mutants of this file, which any test of their row may kill
//     --write           notes the verdicts in test/mutants/last-run.txt
//     --workers N       copies of the project to work in at once (2)
import { execFileSync } from 'node:child_process';
import { readFileSync, realpathSync } from 'node:fs';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { changedAndTenth, chosen, neverTried, untried } from './mutants/choose.mjs';
import { Compiler } from './mutants/compiler.mjs';
import { failing, judge, judgeAny } from './mutants/judge.mjs';
import { readLastRun, writeLastRun } from './mutants/last-run.mjs';
import { readPureFiles, tryPureFile } from './mutants/pure-files.mjs';
import { readList, readMutants } from './mutants/read-mutants.mjs';
import { resolveMutants } from './mutants/resolve-mutants.mjs';
import { patternOf } from './mutants/test-pattern.mjs';
import { Workspace } from './mutants/workspace.mjs';
import { readPages } from './record/pages.mjs';
import { readTests } from './record/read-tests.mjs';
import { fillEnvironment } from './test-environment.mjs';

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: {
    root: { type: 'string' },
    dry: { type: 'boolean', default: false },
    changed: { type: 'boolean', default: false },
    untried: { type: 'boolean', default: false },
    seconds: { type: 'string', default: 'Infinity' },
    report: { type: 'string' },
    trial: { type: 'string' },
    write: { type: 'boolean', default: false },
    workers: { type: 'string', default: '2' },
  },
});
const root = realpathSync(values.root ?? join(import.meta.dirname, '..'));
const lastRunFile = join(root, 'test', 'mutants', 'last-run.txt');
const git = (...args) => execFileSync('git', args, { cwd: root, encoding: 'utf8' });
const files = git('ls-files', '-co', '--exclude-standard', '--deduplicate')
  .trim()
  .split('\n')
  .filter((file) => !file.startsWith('test/screenshots/'));

const trial = values.trial !== undefined;
const pure = trial ? [] : await readPureFiles(root, files);
const mutants = [...(trial ? await readList(values.trial) : await readMutants(root)), ...pure];
const rows = readPages(root).flatMap((page) => page.rows);
const { resolved, problems } = resolveMutants(
  mutants.filter((one) => !one.pure),
  {
    root,
    files,
    tests: readTests(root),
    rows,
  },
);
const meant = chosen(mutants, positionals).map(({ id }) => id);
const wanted = [...resolved, ...pure].filter(({ id }) => meant.includes(id));
// What is wrong with other rows is not in the way of who asks for some.
const told =
  positionals.length === 0 && !trial
    ? problems
    : problems.filter((one) => meant.some((id) => one.startsWith(`${id}:`)));
for (const problem of told) console.log(`ERROR    ${problem}`);

const compiler = new Compiler(root);
if (values.dry) {
  let bad = 0;
  for (const mutant of wanted.filter((one) => !one.pure)) {
    const problem = compiler.problem(mutant.file, mutant.mutated);
    if (problem === undefined) continue;
    bad += 1;
    console.log(`ERROR    ${mutant.id}: does not compile: ${problem}`);
  }
  console.log(
    `${wanted.length} mutants apply, ${wanted.length - bad} compile, ${told.length} problems`,
  );
  process.exit(told.length + bad === 0 ? 0 : 1);
}

for (const { suites, reason } of await fillEnvironment()) {
  console.log(`${suites} cannot run here (${reason}): mutants of theirs are errors`);
}
const lastRun = readLastRun(lastRunFile);
const turn = () => Number(git('rev-list', '--count', 'HEAD'));
const queue = values.changed
  ? changedAndTenth(wanted, lastRun, turn())
  : values.untried
    ? untried(wanted, lastRun)
    : [...wanted];
const total = queue.length;
const results = new Map();
const healthy = new Set();
const until = performance.now() + Number(values.seconds) * 1_000;
const given =
  values.report === undefined
    ? undefined
    : JSON.parse(readFileSync(values.report, 'utf8')).testResults;

await Promise.all(
  Array.from({ length: Math.min(Number(values.workers), total) }, async (_, number) => {
    const workspace = new Workspace(root, files, number + 1);
    while (queue.length > 0 && performance.now() < until) {
      const mutant = queue.shift();
      const began = performance.now();
      const { verdict, why, by = [] } = await attempt(mutant, workspace);
      results.set(mutant.id, { verdict, fingerprint: mutant.fingerprint });
      // At once: a run of all takes long, and may be ended.
      if (values.write) writeLastRun(lastRunFile, mutants, results);
      const seconds = Math.round((performance.now() - began) / 1_000);
      console.log(`[${results.size}/${total}] ${verdict.padEnd(8)} ${mutant.id} (${seconds} s)`);
      for (const title of by) console.log(`    failed: ${title}`);
      if (verdict === 'killed') continue;
      if (!mutant.pure) console.log(`    ${mutant.row}: "${mutant.breaks}"`);
      console.log(`    ${why}`);
    }
  }),
);

const count = (word) => [...results.values()].filter(({ verdict }) => verdict === word).length;
if (queue.length > 0)
  console.log(`not tried for want of time: ${queue.map(({ id }) => id).join(', ')}`);
// A promise is not proved by a mutant that nobody has tried.
const waiting = values.changed
  ? neverTried(wanted, lastRun).filter(({ id }) => !results.has(id)).length
  : 0;
if (waiting > 0) console.log(`ERROR    ${waiting} mutants have no verdict: --untried --write`);
const errors = count('ERROR') + told.length + waiting;
console.log(`${count('killed')} killed, ${count('SURVIVED')} survived, ${errors} errors`);
process.exitCode = count('SURVIVED') + errors === 0 ? 0 : 1;

async function attempt(mutant, workspace) {
  if (mutant.pure) return tryPureFile(root, mutant);
  const problem = compiler.problem(mutant.file, mutant.mutated);
  if (problem !== undefined) return { verdict: 'ERROR', why: `does not compile: ${problem}` };
  const { killers } = mutant;
  const flawed = trial ? undefined : await failingWithout(mutant, workspace);
  if (flawed !== undefined) return { verdict: 'ERROR', why: flawed };
  const texts = { [mutant.file]: mutant.mutated, ...compiler.outputs(mutant.file, mutant.mutated) };
  const run = await workspace.with(texts, () => test(mutant, workspace));
  if (run.error !== undefined) return { verdict: 'ERROR', why: run.error };
  return (trial ? judgeAny : judge)(killers, run.testResults, workspace.folder);
}

/** What is wrong with the tests while the code is as it is: by the report, else by a run; each once. */
async function failingWithout({ killers, on }, workspace) {
  const keyOf = ({ suite, title }) => JSON.stringify([on, suite, title]);
  const isHealthy = (killer) =>
    healthy.has(keyOf(killer)) || (given && failing([killer], given, root).length === 0);
  const unknown = killers.filter((killer) => !isHealthy(killer));
  if (unknown.length === 0) return undefined;
  const run = await test({ killers: unknown, on }, workspace);
  if (run.error !== undefined) return run.error;
  const flawed = failing(unknown, run.testResults, workspace.folder);
  if (flawed.length > 0) {
    return `does not pass without the mutant: ${flawed.map(({ title }) => title).join('; ')}`;
  }
  for (const killer of unknown) healthy.add(keyOf(killer));
  return undefined;
}

function test({ killers, on }, workspace) {
  const suites = [...new Set(killers.map(({ suite }) => suite))];
  const environment = on === 'any' ? {} : { TEST_DATABASES: on };
  return workspace.test(suites, patternOf(killers), environment);
}
