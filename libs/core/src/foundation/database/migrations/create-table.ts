import type { QueryRunner, Table } from 'typeorm';

/**
 * Creates a table whose texts compare byte by byte, as elsewhere: by MariaDB's usual collation two
 * accounts that differ in case alone would be one. There each statement commits by itself, so a table
 * may be left of a migration that a crash cut short.
 */
export async function createTable(runner: QueryRunner, table: Table): Promise<void> {
  const isMariaDb = runner.dataSource.driver.options.type === 'mariadb';
  await runner.createTable(table, isMariaDb);
  if (!isMariaDb) return;
  const [server] = (await runner.query('SELECT VERSION() AS version')) as { version: string }[];
  const collation = /mariadb/i.test(server?.version ?? '')
    ? 'utf8mb4_nopad_bin'
    : 'utf8mb4_0900_bin';
  await runner.query(
    `ALTER TABLE ${table.name} CONVERT TO CHARACTER SET utf8mb4 COLLATE ${collation}`,
  );
}
