import type { QueryRunner, TableColumnOptions } from 'typeorm';
import type { ColumnTypes } from '../entities/columns.js';

/** The portable column kinds of migrations; see `entities/columns.ts` for those of entities. */
export const text = (name: string, length: number): TableColumnOptions => ({
  name,
  type: 'varchar',
  length: String(length),
});

export const whole = (name: string, initial: number): TableColumnOptions => ({
  name,
  type: 'integer',
  default: initial,
});

/** Epoch milliseconds. */
export const instant = (name: string): TableColumnOptions => ({ name, type: 'bigint' });

export const nullable = (column: TableColumnOptions): TableColumnOptions => ({
  ...column,
  isNullable: true,
});

export const key = (table: string, length: number): TableColumnOptions => ({
  ...text('id', length),
  isPrimary: true,
  primaryKeyConstraintName: `${table}_pk`,
});

/** The types that have no common name. MariaDB's own `text` and `blob` end at 64 KB. */
export function columnTypes(runner: QueryRunner): ColumnTypes {
  switch (runner.dataSource.driver.options.type) {
    case 'postgres':
      return { bytes: 'bytea', longText: 'text' };
    case 'mariadb':
      return { bytes: 'longblob', longText: 'longtext' };
    default:
      return { bytes: 'blob', longText: 'text' };
  }
}
