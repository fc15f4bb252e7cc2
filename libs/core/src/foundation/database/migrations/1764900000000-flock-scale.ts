import type { MigrationInterface, QueryRunner } from 'typeorm';
import { replaceIndexes } from './replace-indexes.js';
import type { Index } from './replace-indexes.js';

const NEW: readonly Index[] = [
  {
    name: 'flock_connection_key',
    isUnique: true,
    columns: 'account, provider, app, environment',
  },
  { name: 'flock_connection_schedule', columns: 'provider, app, environment, due_at' },
  // Where there are no partial indexes these two hold all rows, which serves as well.
  {
    name: 'flock_connection_revocation',
    columns: 'status, due_at',
    where: "status = 'revoked' AND due_at IS NOT NULL",
  },
  { name: 'flock_connection_ended', columns: 'status, id', where: "status <> 'active'" },
];

const OLD: readonly Index[] = [
  {
    name: 'flock_connection_account',
    isUnique: true,
    columns: 'provider, app, environment, account',
  },
  { name: 'flock_connection_due', columns: 'due_at' },
];

/**
 * Indexes for a million connections: a claim for one app no longer wades through what is due of
 * others, an account is found without its app, what has ended is listed by itself.
 *
 * The release before works beside it: its claims, look-ups and inserts find the new indexes. Only its
 * backlog metric reads a whole index each second for as long as it runs.
 *
 * On PostgreSQL the table takes no writes while the indexes are built. Whoever cannot have that makes
 * them before, under the same names, with CREATE INDEX CONCURRENTLY: what is there and valid is left
 * alone.
 */
export class FlockScale1764900000000 implements MigrationInterface {
  readonly name = 'FlockScale1764900000000';

  up(runner: QueryRunner): Promise<void> {
    return replaceIndexes(runner, 'flock_connection', NEW, OLD);
  }

  down(runner: QueryRunner): Promise<void> {
    return replaceIndexes(runner, 'flock_connection', OLD, NEW);
  }
}
