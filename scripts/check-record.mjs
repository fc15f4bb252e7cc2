// Holds the pages of the record to the tests: every row names tests that exist and can fail, by file
// and title. With `--report <file>`, jest's JSON report of a run, they must also have passed.
import { realpathSync } from 'node:fs';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { checkRecord } from './record/check-record.mjs';
import { readPages } from './record/pages.mjs';
import { readReport } from './record/read-report.mjs';
import { readTests } from './record/read-tests.mjs';

const { values } = parseArgs({
  options: {
    root: { type: 'string' },
    report: { type: 'string' },
  },
});
const root = realpathSync(values.root ?? join(import.meta.dirname, '..'));

const tests = readTests(root);
const pages = readPages(root);
const report = values.report === undefined ? undefined : readReport(values.report, root);
const problems = checkRecord(pages, tests, report);

for (const problem of problems) console.log(problem);
const rows = pages.flatMap((page) => page.rows);
const named = rows.reduce((sum, row) => sum + row.proofs.length, 0);
console.log(
  problems.length === 0
    ? `${rows.length} rows, ${named} tests named, all of them ${report === undefined ? 'there' : 'passed'}`
    : `${problems.length} problems in the record`,
);
process.exitCode = problems.length === 0 ? 0 : 1;
