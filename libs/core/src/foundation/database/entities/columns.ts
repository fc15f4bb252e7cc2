import type { EntitySchemaColumnOptions } from 'typeorm';

/** The portable column kinds: the same on SQLite, PostgreSQL and MariaDB. */
export const text = (length: number): EntitySchemaColumnOptions => ({ type: 'varchar', length });

export const integer = (initial: number): EntitySchemaColumnOptions => ({
  type: 'integer',
  default: initial,
});

/** Epoch milliseconds by the database's clock. */
export const instant: EntitySchemaColumnOptions = { type: 'bigint' };

/** The column types that have no common name. */
export interface ColumnTypes {
  readonly bytes: 'blob' | 'bytea' | 'longblob';
  readonly longText: 'text' | 'longtext';
}
