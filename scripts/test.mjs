// Runs every suite that this machine can run and says which were left out, and how to have them.
// With --quick those that need nothing but SQLite. All else goes to jest.
import { spawnSync } from 'node:child_process';
import { mkdirSync, readFileSync, rmSync } from 'node:fs';
import { createRequire } from 'node:module';
import { join } from 'node:path';
import { LEFT_OUT } from '../test/support/quick-suites.mjs';
import { fillEnvironment } from './test-environment.mjs';

const root = join(import.meta.dirname, '..');
const require = createRequire(import.meta.url);
const strict = process.env.CI === 'true';
const quick = process.argv[2] === '--quick';
const args = process.argv.slice(quick ? 3 : 2);

checkSqlite();
const missing = quick ? [] : await fillEnvironment();
if (quick) {
  process.env.TEST_DATABASES = 'sqlite';
  args.push('--testPathIgnorePatterns', ...LEFT_OUT.map((place) => `<rootDir>/${place}`));
}
if (strict && missing.length > 0) {
  for (const { variable, suites, advice, reason } of missing) {
    console.error(`${suites} cannot run (${reason}). With CI=true that is a failure.`);
    console.error(`Set ${variable}: ${advice}`);
  }
  console.log('0 passed, 1 failed');
  process.exit(1);
}
const { status, passed, failed } = runJest();
for (const { suites, advice, reason } of missing) {
  console.log(`Left out: ${suites} (${reason}). To have them, ${advice}`);
}
if (quick) console.log(`Left out, and run by npm test: ${LEFT_OUT.join(', ')}`);
console.log(`${passed} passed, ${failed} failed`);
process.exitCode = status;

function checkSqlite() {
  const driver = process.env.FLOCK_SQLITE_DRIVER || 'better-sqlite3';
  try {
    const Database = require(driver);
    new Database(':memory:').close();
  } catch (error) {
    console.error(
      `${driver} does not load: ${error.message.split('\n')[0].replace(/ Tried:$/, '')}`,
    );
    console.error(
      driver === 'better-sqlite3'
        ? 'Compile it with "npm rebuild better-sqlite3" (a C++ compiler and Python are needed), or do without it:\n' +
            'npm install libsql && FLOCK_SQLITE_DRIVER=libsql npm test'
        : `Install it: npm install ${driver}`,
    );
    console.log('0 passed, 1 failed');
    process.exit(1);
  }
}

/** The report stays for `npm run check:record -- --report reports/jest.json`. */
function runJest() {
  const report = join(root, 'reports', 'jest.json');
  mkdirSync(join(root, 'reports'), { recursive: true });
  rmSync(report, { force: true });
  const jest = join(root, 'node_modules', 'jest', 'bin', 'jest.js');
  const { status } = spawnSync(
    process.execPath,
    [jest, '--maxWorkers=4', ...args, '--json', `--outputFile=${report}`],
    // With --json jest prints the report to standard output too; it is read from the file.
    { cwd: root, stdio: ['inherit', 'ignore', 'inherit'] },
  );
  return { status: status ?? 1, ...count(report, status ?? 1) };
}

/** A suite that could not be loaded has no tests, and counts as one failure. */
function count(report, status) {
  let results;
  try {
    results = JSON.parse(readFileSync(report, 'utf8'));
  } catch {
    return { passed: 0, failed: status === 0 ? 0 : 1 };
  }
  const brokenSuites = results.testResults.filter(
    (suite) =>
      suite.status === 'failed' && !suite.assertionResults.some((test) => test.status === 'failed'),
  ).length;
  const failed = results.numFailedTests + brokenSuites;
  return {
    passed: results.numPassedTests,
    failed: failed === 0 && status !== 0 ? 1 : failed,
  };
}
