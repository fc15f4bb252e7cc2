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

/** Changes up to so many rows as a SELECT of ids picks. */
export interface PickedUpdate {
  readonly table: string;
  readonly set: string;
  /** `SELECT id FROM … WHERE … ORDER BY … LIMIT …` */
  readonly pick: string;
  readonly returning: readonly string[];
}

/** What differs between the databases; everything else is one portable SQL. */
export interface SqlDialect {
  readonly name: 'sqlite' | 'postgres' | 'mariadb';
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
  /** Ends an INSERT of a row that may be there already. */
  readonly ifAbsent: string;
  /** Whether `runBatch` sends one statement, which needs no transaction around it. */
  readonly oneStatementBatches: boolean;
  /** The changed rows, as they are then; passes over rows that another transaction has locked. */
  updatePicked(
    session: SqlSession,
    update: PickedUpdate,
    parameters: Record<string, SqlValue>,
  ): Promise<SqlRow[]>;
  /** Lets one transaction at a time go on for this key; held until it ends. */
  lockKey(session: SqlSession, key: string): Promise<void>;
  /** After the end of a transaction that locked keys. */
  unlockKeys(session: SqlSession): Promise<void>;
  /** Throws a connection away whose state is not known, instead of giving it back to the pool. */
  discard(runner: QueryRunner): Promise<void>;
  /** The database itself said so; anything else may mean that the statement is still running there. */
  isAnswer(error: unknown): boolean;
  /** Worth another try at once: deadlock, serialization failure, busy file. */
  isTransient(error: unknown): boolean;
}
