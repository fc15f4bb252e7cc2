import { shown } from './judge.mjs';

/** Lines of text: each promise, its figure, whether it was kept, and what broke it. */
export function tableLines(table) {
  const width = Math.max(...table.map(({ name }) => name.length));
  return table.flatMap(({ name, figure, violations }) => [
    `${violations.length === 0 ? '    ' : 'FAIL'} ${name.padEnd(width)}  ${figure}`,
    ...shown(violations).map((text) => `       ${text}`),
  ]);
}
