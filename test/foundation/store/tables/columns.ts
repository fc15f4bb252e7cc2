import type { EntitySchemaColumnOptions } from 'typeorm';

/** The portable column kinds: the same on SQLite, PostgreSQL and MariaDB. */
export const text = (length: number): EntitySchemaColumnOptions => ({ type: 'varchar', length });

export const integer = (initial: number): EntitySchemaColumnOptions => ({
  type: 'integer',
  default: initial,
});

/** Epoch milliseconds by the database's clock. */
export const instant: EntitySchemaColumnOptions = { type: 'bigint' };

export type { ColumnTypes } from '../../../../libs/core/src/foundation/database/migrations/table-columns.js';
