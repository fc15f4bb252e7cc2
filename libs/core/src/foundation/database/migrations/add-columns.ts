import type { QueryRunner } from 'typeorm';

/**
 * Adds columns, nullable or with a default, that are not there yet: MariaDB keeps what a migration did
 * before a crash, and an operator may have added them ahead of time.
 */
export async function addColumns(
  runner: QueryRunner,
  table: string,
  columns: Readonly<Record<string, string>>,
): Promise<void> {
  for (const [name, type] of Object.entries(columns)) {
    if (await runner.hasColumn(table, name)) continue;
    // TypeORM's own would write the whole table anew on SQLite.
    await runner.query(`ALTER TABLE ${table} ADD COLUMN ${name} ${type}`);
  }
}
