// Measures which branches of the core the suites take, in this process's tests alone, and holds what
// they do not take to the list of test/coverage/uncovered.mjs: each has a word on why.
//
//   npm run coverage             runs every suite
//   npm run coverage -- --last   reads what the last run left in coverage/
import { spawnSync } from 'node:child_process';
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { join, relative } from 'node:path';
import { parseArgs } from 'node:util';
import { UNCOVERED } from '../test/coverage/uncovered.mjs';
import { readBranches } from './coverage/read-branches.mjs';
import { fillEnvironment } from './test-environment.mjs';

const root = join(import.meta.dirname, '..');
const report = join(root, 'coverage', 'coverage-final.json');
const { values } = parseArgs({ options: { last: { type: 'boolean', default: false } } });

if (!values.last) {
  for (const { suites, reason } of await fillEnvironment()) {
    console.error(`${suites} cannot run here (${reason}): their branches will be missing`);
    process.exit(1);
  }
  const jest = join(root, 'node_modules', 'jest', 'bin', 'jest.js');
  const args = ['--maxWorkers=4', '--coverage', '--coverageReporters=json', '--silent'];
  const of = [
    'libs/core/src/**/*.ts',
    ...['**/*.spec.ts', '**/testing/**', '**/index.ts', 'libs/core/src/for-*.ts'].map(
      (not) => `!${not}`,
    ),
  ];
  const { status } = spawnSync(
    process.execPath,
    [jest, ...args, ...of.map((one) => `--collectCoverageFrom=${one}`)],
    { cwd: root, stdio: 'inherit' },
  );
  if (status !== 0) console.error('Some tests failed: their branches may be missing');
}
if (!existsSync(report)) {
  console.error('There is no coverage/coverage-final.json; run npm run coverage first');
  process.exit(1);
}

const { files, uncovered } = readBranches(JSON.parse(readFileSync(report, 'utf8')));
const lines = files
  .map(({ path, taken, all }) => ({ path: relative(root, path), taken, all }))
  .sort((a, b) => a.path.localeCompare(b.path))
  .filter(({ taken, all }) => taken < all)
  .map(({ path, taken, all }) => `${percent(taken, all).padStart(6)}  ${taken}/${all}  ${path}`);
const sum = (name) => files.reduce((total, file) => total + file[name], 0);

const reasons = UNCOVERED.map(({ why, sometimes = false, lines: listed }) => ({
  why,
  entries: listed.map(([file, code]) => ({ file, code, sometimes, found: 0 })),
}));
const entries = reasons.flatMap((reason) => reason.entries);
const unlisted = [];
for (const { path, line, text } of uncovered) {
  const entry = entries.find(({ file, code }) => path.endsWith(`/${file}`) && text === code);
  if (entry === undefined) unlisted.push(`${relative(root, path)}:${line}: ${text}`);
  else entry.found += 1;
}

const text = [
  `Branches of libs/core: ${sum('taken')} of ${sum('all')} taken, ${percent(sum('taken'), sum('all'))}`,
  '',
  ...lines,
  '',
  'Not taken, and why:',
  ...reasons.flatMap(({ why, entries: listed }) => {
    const found = listed.filter((one) => one.found > 0);
    if (found.length === 0) return [];
    const branches = found.reduce((total, one) => total + one.found, 0);
    return ['', `${branches}: ${why}`, ...found.map(({ file, code }) => `  ${file}: ${code}`)];
  }),
  '',
].join('\n');
console.log(text);
writeFileSync(join(root, 'test', 'coverage', 'last-run.txt'), text);
for (const one of unlisted)
  console.log(`not taken, and not in test/coverage/uncovered.mjs: ${one}`);
const taken = entries.filter(({ found, sometimes }) => found === 0 && !sometimes);
for (const { file, code } of taken)
  console.log(`taken now: take it off the list: ${file}: ${code}`);
process.exitCode = unlisted.length === 0 ? 0 : 1;

function percent(taken, all) {
  return all === 0 ? '100 %' : `${((100 * taken) / all).toFixed(1)} %`;
}
