import type { MigrationInterface, QueryRunner } from 'typeorm';

interface Index {
  readonly name: string;
  readonly columns: string;
  readonly isUnique?: boolean;
  readonly where?: string;
}

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
    return replaceIndexes(runner, NEW, OLD);
  }

  down(runner: QueryRunner): Promise<void> {
    return replaceIndexes(runner, OLD, NEW);
  }
}

/** One whose CONCURRENTLY was cut short is there by name, and keeps no account unique. */
async function dropInvalid(runner: QueryRunner, indexes: readonly Index[]): Promise<void> {
  if (runner.dataSource.driver.options.type !== 'postgres') return;
  const invalid = (await runner.query(
    `SELECT relname AS name FROM pg_index JOIN pg_class ON pg_class.oid = indexrelid
     WHERE NOT indisvalid AND relnamespace = CAST(current_schema() AS regnamespace)
       AND relname = ANY($1)`,
    [indexes.map(({ name }) => name)],
  )) as { name: string }[];
  for (const { name } of invalid) await runner.query(`DROP INDEX "${name}"`);
}

/** Dropping locks readers out until the end of the transaction, so it comes last. */
async function replaceIndexes(
  runner: QueryRunner,
  added: readonly Index[],
  dropped: readonly Index[],
): Promise<void> {
  await dropInvalid(runner, added);
  const isMariaDb = runner.dataSource.driver.options.type === 'mariadb';
  const present = isMariaDb ? await indexNames(runner) : undefined;
  for (const { name, isUnique, columns, where } of added) {
    if (present?.has(name) === true) continue;
    const ifAbsent = isMariaDb ? '' : 'IF NOT EXISTS';
    // MySQL has no partial indexes.
    const rows = where === undefined || isMariaDb ? '' : `WHERE ${where}`;
    await runner.query(
      `CREATE ${isUnique === true ? 'UNIQUE' : ''} INDEX ${ifAbsent} ${name} ON flock_connection (${columns}) ${rows}`,
    );
  }
  for (const { name } of dropped) {
    if (!isMariaDb) await runner.query(`DROP INDEX IF EXISTS ${name}`);
    else if (present?.has(name) === true)
      await runner.query(`DROP INDEX ${name} ON flock_connection`);
  }
}

async function indexNames(runner: QueryRunner): Promise<ReadonlySet<string>> {
  const rows = (await runner.query(
    `SELECT DISTINCT index_name AS name FROM information_schema.statistics
     WHERE table_schema = DATABASE() AND table_name = 'flock_connection'`,
  )) as { name: string }[];
  return new Set(rows.map(({ name }) => name));
}
