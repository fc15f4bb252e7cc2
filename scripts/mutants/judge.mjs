import { relative } from 'node:path';
import { isRunOf } from '../record/match-tests.mjs';

/**
 * What jest's report says of the tests that must fail: `killed` when each of them failed in at least
 * one of its runs (databases, rows of a table), `SURVIVED` when one passed in all of them. A suite that
 * could not be loaded, or a test that did not run, is an error and no kill.
 */
export function judge(killers, testResults, folder) {
  const told = killers.map((killer) => tell(killer, testResults, folder));
  const error = told.find(({ why }) => why !== undefined);
  if (error !== undefined) return { verdict: 'ERROR', why: error.why };
  const passed = told.filter(({ failed }) => !failed).map(({ title }) => title);
  if (passed.length > 0) return { verdict: 'SURVIVED', why: `passed: ${passed.join('; ')}` };
  return { verdict: 'killed' };
}

/** The same where one failing test is enough; `by` names those that failed. */
export function judgeAny(killers, testResults, folder) {
  const told = killers.map((killer) => tell(killer, testResults, folder));
  const failed = told.filter((one) => one.failed);
  if (failed.length > 0) return { verdict: 'killed', by: failed.map(({ title }) => title) };
  const error = told.find(({ why }) => why !== undefined);
  if (error !== undefined) return { verdict: 'ERROR', why: error.why };
  return { verdict: 'SURVIVED', why: `passed: ${told.map(({ title }) => title).join('; ')}` };
}

function tell(killer, testResults, folder) {
  const { suite: file, title } = killer;
  const suite = testResults.find(({ name }) => relative(folder, name) === file);
  if (suite === undefined) return { why: `${file} did not run` };
  if (suite.assertionResults.length === 0) {
    return { why: `${file} did not load: ${firstLines(suite.message)}` };
  }
  const runs = runsOf(killer, suite);
  if (runs.length === 0) return { why: `"${title}" did not run` };
  return { title, failed: runs.some(({ status }) => status === 'failed') };
}

/** Tests that fail although nothing was changed: they prove nothing. */
export const failing = (killers, testResults, folder) =>
  killers.filter((killer) => {
    const { why, failed } = tell(killer, testResults, folder);
    return why !== undefined || failed;
  });

const runsOf = (killer, { assertionResults }) =>
  assertionResults.filter(
    ({ status, ancestorTitles, title }) =>
      status !== 'pending' && isRunOf(killer, [...ancestorTitles, title]),
  );

const firstLines = (text) =>
  (text ?? '')
    .replaceAll(/\u001b\[[0-9;]*m/g, '')
    .trim()
    .split('\n')
    .slice(0, 3)
    .join(' ');
