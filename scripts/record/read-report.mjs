import { readFileSync } from 'node:fs';
import { relative } from 'node:path';

/**
 * jest's JSON report: of each file, every test with its chain of titles, its status and how many
 * assertions held.
 */
export function readReport(file, root) {
  let testResults;
  try {
    ({ testResults } = JSON.parse(readFileSync(file, 'utf8')));
  } catch {
    throw new Error(`${file} is no report of jest; npm test writes one.`);
  }
  return new Map(
    testResults.map(({ name, assertionResults }) => [
      relative(root, name).replaceAll('\\', '/'),
      assertionResults.map(({ ancestorTitles, title, status, numPassingAsserts }) => ({
        chain: [...ancestorTitles, title],
        status,
        assertions: numPassingAsserts,
      })),
    ]),
  );
}
