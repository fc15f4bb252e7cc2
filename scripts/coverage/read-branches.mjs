import { readFileSync } from 'node:fs';

/** Of jest's coverage: how many branches of each file were taken, and where those stand that were not. */
export function readBranches(coverage) {
  const files = [];
  const uncovered = [];
  for (const { path, branchMap, b } of Object.values(coverage)) {
    const source = readFileSync(path, 'utf8').split('\n');
    let taken = 0;
    let all = 0;
    for (const [id, { locations }] of Object.entries(branchMap)) {
      for (const [index, { start }] of locations.entries()) {
        all += 1;
        if (b[id][index] > 0) taken += 1;
        else uncovered.push({ path, line: start.line, text: source[start.line - 1] ?? '' });
      }
    }
    files.push({ path, taken, all });
  }
  return { files, uncovered };
}
