import { mkdirSync } from 'node:fs';
import { dirname } from 'node:path';
import type { DataSource, DataSourceOptions } from 'typeorm';
import { MIGRATIONS } from './schema.js';
import type { DataSourceUse, PickedUpdate, SqlDialect, SqlSession } from './sql-dialect.js';
import { bindParameters, driverErrorCode } from './sql-text.js';
import { insertedColumns } from './statement.js';
import type { DeclaredStatement, SqlRow, SqlValue } from './statement.js';
import { updateReturning } from './update-returning.js';

/** What better-sqlite3 and libsql both are. */
export type SqliteDriver = new (
  file: string,
  options?: { timeout: number },
) => { exec(sql: string): unknown; close(): unknown };

/** SQLite through better-sqlite3: one writer connection, WAL, every commit on disk before it counts. */
export class SqliteDialect implements SqlDialect {
  readonly name = 'sqlite';
  readonly singleConnection = true;
  readonly units = 1;
  readonly now = "CAST(ROUND((julianday('now') - 2440587.5) * 86400000) AS INTEGER)";
  /** Takes the write lock at once: a later upgrade from read to write cannot wait and would fail. */
  readonly begin = 'BEGIN IMMEDIATE';
  readonly ifAbsent = 'ON CONFLICT DO NOTHING';
  readonly oneStatementBatches = false;
  readonly randomId = 'lower(hex(randomblob(16)))';

  constructor(
    private readonly file: string,
    private readonly driver: SqliteDriver,
  ) {}

  dataSourceOptions(use: DataSourceUse): DataSourceOptions {
    const readOnly = use === 'read';
    mkdirSync(dirname(this.file), { recursive: true, mode: 0o700 });
    return {
      type: 'better-sqlite3',
      database: this.file,
      driver: this.driver,
      readonly: readOnly,
      enableWAL: !readOnly,
      // The driver waits inside the process, with the event loop stopped: keep it short, retry outside.
      timeout: use === 'migrate' ? 30_000 : 50,
      prepareDatabase: (database: { pragma(text: string): unknown }) => {
        if (readOnly) return;
        database.pragma('synchronous = FULL');
        // Pages that many commits rewrite reach the database file once instead of a dozen times.
        database.pragma('wal_autocheckpoint = 8000');
      },
      migrations: MIGRATIONS,
      migrationsTableName: 'flock_migrations',
      logging: false,
    };
  }

  /** A lock on a file beside the database; the system releases it when a process dies. */
  async withMigrationLock<T>(_dataSource: DataSource, work: () => Promise<T>): Promise<T> {
    const lock = new this.driver(`${this.file}-migration-lock`, { timeout: 30_000 });
    try {
      lock.exec('BEGIN EXCLUSIVE');
      return await work();
    } finally {
      lock.close();
    }
  }

  bind(sql: string, parameters: Record<string, SqlValue>) {
    return bindParameters(sql, parameters, this.now, () => '?');
  }

  async runBatch(
    session: SqlSession,
    statement: DeclaredStatement<Record<string, SqlValue>>,
    batch: readonly Record<string, SqlValue>[],
  ): Promise<SqlRow[]> {
    const text = `${textOf(statement)} RETURNING ${['id', ...statement.returning].join(', ')}`;
    const changed: SqlRow[] = [];
    for (const parameters of batch) {
      const { sql, values } = this.bind(text, parameters);
      changed.push(...(await session.query(sql, values)).rows);
    }
    return changed;
  }

  updatePicked(session: SqlSession, update: PickedUpdate, parameters: Record<string, SqlValue>) {
    // One transaction writes at a time: nothing is locked by another.
    return updateReturning(this, session, update, '', parameters);
  }

  /** Transactions queue up anyway. */
  async lockKey(): Promise<void> {}

  async unlockKeys(): Promise<void> {}

  /** There is one connection, and it does not get lost. */
  async discard(): Promise<void> {}

  /** There is no network to get lost in; what the driver itself refuses leaves the transaction as it was. */
  isAnswer(): boolean {
    return true;
  }

  isTransient(error: unknown): boolean {
    const code = driverErrorCode(error);
    return code?.startsWith('SQLITE_BUSY') === true || code === 'SQLITE_LOCKED';
  }
}

function textOf(statement: DeclaredStatement<Record<string, SqlValue>>): string {
  if (!('insert' in statement)) {
    return `UPDATE ${statement.table} SET ${statement.set} WHERE id = :id AND (${statement.where})`;
  }
  const given = insertedColumns(statement);
  const columns = [...given, ...Object.keys(statement.computed)];
  const values = [...given.map((name) => `:${name}`), ...Object.values(statement.computed)];
  return `INSERT INTO ${statement.table} (${columns.join(', ')}) VALUES (${values.join(', ')}) ON CONFLICT DO NOTHING`;
}
