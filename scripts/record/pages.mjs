import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { readPage } from './read-page.mjs';

const PAGES = [
  { file: 'docs/faults.md', letter: 'F', count: 52 },
  { file: 'docs/security.md', letter: 'S', count: 39 },
  { file: 'docs/promises.md', letter: 'P' },
  { file: 'docs/promises-providers.md', letter: 'P' },
];

/**
 * The pages of the record with their rows. A page that is not there has none, and each is missed by
 * name. `ids` are those that it must have: where nobody counts them, those that it has.
 */
export const readPages = (root) =>
  PAGES.map(({ file, letter, count }) => {
    const path = join(root, file);
    const rows = readPage(file, existsSync(path) ? readFileSync(path, 'utf8') : '');
    const ids =
      count === undefined
        ? [...new Set(rows.map(({ id }) => id))]
        : Array.from({ length: count }, (_, index) => `${letter}${index + 1}`);
    return { file, letter, ids, rows };
  });
