import { existsSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import type { TestDatabase } from './databases.js';

/** Names of the rescue files beside a database; none before the first was needed. */
export function rescueFiles({ directory }: Pick<TestDatabase, 'directory'>): string[] {
  const folder = join(directory, 'rescue');
  return existsSync(folder) ? readdirSync(folder).filter((name) => name.endsWith('.json')) : [];
}
