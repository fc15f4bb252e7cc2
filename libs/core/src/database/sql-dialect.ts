import type { DataSource, DataSourceOptions, QueryRunner } from 'typeorm';
import type { DeclaredStatement, SqlRow, SqlValue } from './statement.js';

/** Migrations may take long and wait for one another; reads and writes may not. */
export type DataSourceUse = 'write' | 'read' | 'migrate';

/** Runs one statement on the connection it stands for. */
export interface SqlSession {
  query(sql: string, parameters?: readonly SqlValue[]): Promise<SqlResult>;
}

export interface SqlResult {
  rows: SqlRow[];
  affected: number;
}

/** What differs between the databases; everything else is one portable SQL. */
export interface SqlDialect {
  readonly name: 'sqlite' | 'postgres';
  /** True where TypeORM shares one connection, so that units of work must queue. */
  readonly singleConnection: boolean;
  /** Units of work that may run at once; further ones wait here rather than in the driver's pool. */
  readonly units: number;
  /** An expression for the database's clock, in epoch milliseconds, that ticks inside a transaction. */
  readonly now: string;
  readonly begin: string;
  /** An expression for a fresh random id, evaluated for each row. */
  readonly randomId: string;
  dataSourceOptions(use: DataSourceUse): DataSourceOptions;
  /** Made before the first migration, so that ten starting instances migrate once. */
  withMigrationLock<T>(dataSource: DataSource, work: () => Promise<T>): Promise<T>;
  /** Replaces `:name` by the driver's placeholders; each use binds again. */
  bind(sql: string, parameters: Record<string, SqlValue>): { sql: string; values: SqlValue[] };
  /** Runs one declared statement for many rows; the result lists the rows that changed. */
  runBatch(
    session: SqlSession,
    statement: DeclaredStatement<Record<string, SqlValue>>,
    batch: readonly Record<string, SqlValue>[],
  ): Promise<SqlRow[]>;
  /** SQL that locks the rows of an inner SELECT and passes over locked ones, where there is such a thing. */
  readonly skipLocked: string;
  /** Lets one transaction at a time go on for this key; held until it ends. */
  lockKey(session: SqlSession, key: string): Promise<void>;
  /** Throws a connection away whose state is not known, instead of giving it back to the pool. */
  discard(runner: QueryRunner): Promise<void>;
  /** Worth another try at once: deadlock, serialization failure, busy file. */
  isTransient(error: unknown): boolean;
}
