import { relative } from 'node:path';
import { isRunOf } from '../record/match-tests.mjs';

/**
 * What jest's report says of the tests that must fail: `killed` when each of them failed in at least
 * one of its runs (databases, rows of a table), `survived` when one passed in all of them. A suite that
 * could not be loaded, or a test that did not run, is an error and no kill.
 */
export function judge(killers, testResults, folder) {
  const suites = new Map(testResults.map((suite) => [relative(folder, suite.name), suite]));
  const passed = [];
  for (const killer of killers) {
    const suite = suites.get(killer.suite);
    if (suite === undefined) return { verdict: 'ERROR', why: `${killer.suite} did not run` };
    if (suite.assertionResults.length === 0) {
      return { verdict: 'ERROR', why: `${killer.suite} did not load: ${firstLine(suite.message)}` };
    }
    const runs = suite.assertionResults.filter(
      ({ status, ancestorTitles, title }) =>
        status !== 'pending' && isRunOf(killer, [...ancestorTitles, title]),
    );
    if (runs.length === 0) return { verdict: 'ERROR', why: `"${killer.title}" did not run` };
    if (!runs.some(({ status }) => status === 'failed')) passed.push(killer.title);
  }
  if (passed.length > 0) return { verdict: 'SURVIVED', why: `passed: ${passed.join('; ')}` };
  return { verdict: 'killed' };
}

/** Tests that fail although nothing was changed: they prove nothing. */
export function failing(killers, testResults, folder) {
  return killers.filter((killer) => {
    const suite = testResults.find(({ name }) => relative(folder, name) === killer.suite);
    const runs = (suite?.assertionResults ?? []).filter(
      ({ status, ancestorTitles, title }) =>
        status !== 'pending' && isRunOf(killer, [...ancestorTitles, title]),
    );
    return runs.length === 0 || runs.some(({ status }) => status !== 'passed');
  });
}

const firstLine = (text) =>
  (text ?? '')
    .replaceAll(/\u001b\[[0-9;]*m/g, '')
    .trim()
    .split('\n')
    .slice(0, 3)
    .join(' ');
