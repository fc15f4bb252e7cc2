import type { DatabaseType, TableColumnOptions } from 'typeorm';

/** The column types that have no common name. */
export interface ColumnTypes {
  readonly bytes: 'blob' | 'bytea' | 'longblob';
  readonly longText: 'text' | 'longtext';
}

/** The portable column kinds. */
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

/** MariaDB's own `text` and `blob` end at 64 KB. */
export function columnTypes(type: DatabaseType): ColumnTypes {
  switch (type) {
    case 'postgres':
      return { bytes: 'bytea', longText: 'text' };
    case 'mariadb':
      return { bytes: 'longblob', longText: 'longtext' };
    default:
      return { bytes: 'blob', longText: 'text' };
  }
}
