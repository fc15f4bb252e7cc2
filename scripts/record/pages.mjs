import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { readPage } from './read-page.mjs';

const PAGES = [
  { file: 'docs/faults.md', letter: 'F', count: 52 },
  { file: 'docs/security.md', letter: 'S', count: 39 },
  // Without a count: its rows are those that it has.
  { file: 'docs/promises-providers.md', letter: 'P' },
];

/** The pages of the record with their rows. A page that is not there has none, and each is missed by name. */
export const readPages = (root) =>
  PAGES.map((page) => {
    const path = join(root, page.file);
    return {
      ...page,
      rows: readPage(page.file, existsSync(path) ? readFileSync(path, 'utf8') : ''),
    };
  });
