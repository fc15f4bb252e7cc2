import type { QueryRunner, TableColumnOptions } from 'typeorm';

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

/** The binary type is the one that has no common name. */
export const binaryType = (runner: QueryRunner): 'bytea' | 'blob' =>
  runner.dataSource.driver.options.type === 'postgres' ? 'bytea' : 'blob';
