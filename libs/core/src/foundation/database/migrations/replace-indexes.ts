import type { QueryRunner } from 'typeorm';

export interface Index {
  readonly name: string;
  readonly columns: string;
  readonly isUnique?: boolean;
  readonly where?: string;
}

/**
 * What is there and valid is left alone: on PostgreSQL a table takes no writes while an index is built,
 * and whoever cannot have that makes it before, under the same name, with CREATE INDEX CONCURRENTLY.
 * Dropping locks readers out until the end of the transaction, so it comes last.
 */
export async function replaceIndexes(
  runner: QueryRunner,
  table: string,
  added: readonly Index[],
  dropped: readonly Index[],
): Promise<void> {
  await dropInvalid(runner, added);
  const isMariaDb = runner.dataSource.driver.options.type === 'mariadb';
  const present = isMariaDb ? await indexNames(runner, table) : undefined;
  for (const { name, isUnique, columns, where } of added) {
    if (present?.has(name) === true) continue;
    const ifAbsent = isMariaDb ? '' : 'IF NOT EXISTS';
    // MySQL has no partial indexes.
    const rows = where === undefined || isMariaDb ? '' : `WHERE ${where}`;
    await runner.query(
      `CREATE ${isUnique === true ? 'UNIQUE' : ''} INDEX ${ifAbsent} ${name} ON ${table} (${columns}) ${rows}`,
    );
  }
  for (const { name } of dropped) {
    if (!isMariaDb) await runner.query(`DROP INDEX IF EXISTS ${name}`);
    else if (present?.has(name) === true) await runner.query(`DROP INDEX ${name} ON ${table}`);
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

async function indexNames(runner: QueryRunner, table: string): Promise<ReadonlySet<string>> {
  const rows = (await runner.query(
    `SELECT DISTINCT index_name AS name FROM information_schema.statistics
     WHERE table_schema = DATABASE() AND table_name = ?`,
    [table],
  )) as { name: string }[];
  return new Set(rows.map(({ name }) => name));
}
