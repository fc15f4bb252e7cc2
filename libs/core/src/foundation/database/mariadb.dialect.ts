import { createHash } from 'node:crypto';
import type { DataSource, DataSourceOptions, QueryRunner } from 'typeorm';
import { MIGRATIONS } from './schema.js';
import { mariaDbDriver } from './mariadb-driver.js';
import type { MySql2, MySql2Connection } from './mariadb-driver.js';
import type { DataSourceUse, PickedUpdate, SqlDialect, SqlSession } from './sql-dialect.js';
import { bindParameters, driverErrorCode } from './sql-text.js';
import { insertedColumns } from './statement.js';
import type { DeclaredStatement, RowInsert, RowStatement, SqlRow, SqlValue } from './statement.js';

/** Deadlock, lock wait over, and a row that changed since the snapshot. */
const TRANSIENT = new Set(['ER_LOCK_DEADLOCK', 'ER_LOCK_WAIT_TIMEOUT', 'ER_CHECKREAD']);
const QUERY_TIMEOUT_MS = 6_000;
/** Shorter than any statement may take, so that it is the wait that ends. */
const LOCK_WAIT_SECONDS = 4;

type Parameters = Record<string, SqlValue>;

/**
 * MariaDB, and MySQL, through mysql2. An UPDATE cannot hand rows back there (RETURNING), so what it
 * changed is read in the same transaction.
 */
export class MariaDbDialect implements SqlDialect {
  readonly name = 'mariadb';
  readonly singleConnection = false;
  readonly units: number;
  /** Of the statement's beginning, in UTC whatever the time zone of the session. */
  readonly now = "(TIMESTAMPDIFF(MICROSECOND, '1970-01-01 00:00:00', UTC_TIMESTAMP(6)) DIV 1000)";
  readonly begin = 'START TRANSACTION';
  readonly ifAbsent = 'ON DUPLICATE KEY UPDATE id = id';
  readonly oneStatementBatches = false;
  readonly randomId = 'UUID()';
  private readonly url: URL;

  constructor(
    url: string,
    private readonly poolSize: number,
    private readonly driver: MySql2,
  ) {
    this.url = new URL(url);
    // Reads find a connection whatever is being written.
    this.units = Math.max(1, poolSize - 2);
  }

  dataSourceOptions(use: DataSourceUse): DataSourceOptions {
    const { hostname, port, username, password, pathname, searchParams } = this.url;
    const migrating = use === 'migrate';
    return {
      type: 'mariadb',
      driver: mariaDbDriver(this.driver, use),
      host: hostname.replace(/^\[|\]$/g, ''),
      port: port === '' ? 3306 : Number(port),
      username: decodeURIComponent(username),
      password: decodeURIComponent(password),
      database: decodeURIComponent(pathname.slice(1)),
      ...(searchParams.get('ssl') === 'true' && { ssl: {} }),
      poolSize: migrating ? 2 : this.poolSize,
      connectTimeout: 5_000,
      charset: 'utf8mb4',
      ...(!migrating && { enableQueryTimeout: true, maxQueryExecutionTime: QUERY_TIMEOUT_MS }),
      migrations: MIGRATIONS,
      migrationsTableName: 'flock_migrations',
      logging: false,
    };
  }

  async withMigrationLock<T>(dataSource: DataSource, work: () => Promise<T>): Promise<T> {
    const runner = dataSource.createQueryRunner();
    const name = this.lockName('migrations');
    const ask = 'SELECT GET_LOCK(?, ?) AS taken';
    try {
      while (!isOne(await runner.query(ask, [name, LOCK_WAIT_SECONDS])));
      return await work();
    } finally {
      await runner.query('SELECT RELEASE_LOCK(?)', [name]).catch(() => undefined);
      await runner.release();
    }
  }

  bind(sql: string, parameters: Parameters) {
    return bindParameters(sql, parameters, this.now, () => '?');
  }

  runBatch(
    session: SqlSession,
    statement: DeclaredStatement<Parameters>,
    batch: readonly Parameters[],
  ): Promise<SqlRow[]> {
    return 'insert' in statement
      ? this.insertBatch(session, statement, batch)
      : this.updateBatch(session, statement, batch);
  }

  private async updateBatch(
    session: SqlSession,
    { table, set, where, returning }: RowStatement<Parameters>,
    batch: readonly Parameters[],
  ): Promise<SqlRow[]> {
    const changed: string[] = [];
    for (const parameters of batch) {
      const { sql, values } = this.bind(
        `UPDATE ${table} SET ${set} WHERE id = :id AND (${where})`,
        parameters,
      );
      // mysql2 asks for the rows found, so a row that is set to what it was counts, too.
      if ((await session.query(sql, values)).affected === 1) changed.push(String(parameters.id));
    }
    return this.rowsOf(session, table, ['id', ...returning], changed);
  }

  /** All at once; where one is there already, MariaDB undoes the statement, and each goes by itself. */
  private async insertBatch(
    session: SqlSession,
    statement: RowInsert<Parameters>,
    batch: readonly Parameters[],
  ): Promise<SqlRow[]> {
    const { table, returning, computed } = statement;
    const given = insertedColumns(statement);
    const columns = [...given, ...Object.keys(computed)].join(', ');
    const row = [...given.map((name) => `:${name}`), ...Object.values(computed)].join(', ');
    try {
      const bound = batch.map((parameters) => this.bind(`(${row})`, parameters));
      const rows = bound.map(({ sql }) => sql).join(', ');
      const values = bound.flatMap((one) => one.values);
      await session.query(`INSERT INTO ${table} (${columns}) VALUES ${rows}`, values);
    } catch (error) {
      if (driverErrorCode(error) !== 'ER_DUP_ENTRY') throw error;
      if (batch.length === 1) return [];
      const rows: SqlRow[] = [];
      for (const one of batch) rows.push(...(await this.insertBatch(session, statement, [one])));
      return rows;
    }
    const ids = batch.map(({ id }) => String(id));
    return this.rowsOf(session, table, ['id', ...returning], ids);
  }

  async updatePicked(
    session: SqlSession,
    { table, set, pick, returning }: PickedUpdate,
    parameters: Parameters,
  ): Promise<SqlRow[]> {
    const locked = this.bind(`${pick} FOR UPDATE SKIP LOCKED`, parameters);
    const picked = await session.query(locked.sql, locked.values);
    const ids = picked.rows.map(({ id }) => String(id));
    if (ids.length === 0) return [];
    const { sql, values } = this.bind(`UPDATE ${table} SET ${set}`, parameters);
    await session.query(`${sql} WHERE id IN (${listOf(ids)})`, [...values, ...ids]);
    return this.rowsOf(session, table, returning, ids);
  }

  /** What a statement hands back of the rows that it changed. */
  private async rowsOf(
    session: SqlSession,
    table: string,
    columns: readonly string[],
    ids: readonly string[],
  ): Promise<SqlRow[]> {
    if (ids.length === 0 || columns.length === 1) return ids.map((id) => ({ id }));
    const { sql } = this.bind(`SELECT ${columns.join(', ')} FROM ${table}`, {});
    return (await session.query(`${sql} WHERE id IN (${listOf(ids)})`, ids)).rows;
  }

  /** The server's own named locks belong to a connection: {@link unlockKeys} gives them back. */
  async lockKey(session: SqlSession, key: string): Promise<void> {
    const ask = 'SELECT GET_LOCK(?, ?) AS taken';
    const { rows } = await session.query(ask, [this.lockName(key), LOCK_WAIT_SECONDS]);
    if (!isOne(rows)) throw new Error('a lock of the database was not free within 4 s');
  }

  async unlockKeys(session: SqlSession): Promise<void> {
    await session.query('SELECT RELEASE_ALL_LOCKS()');
  }

  /** Names hold for the whole server, and 64 characters. */
  private lockName(key: string): string {
    const digest = createHash('sha256').update(JSON.stringify([this.url.pathname, key]));
    return `flock_${digest.digest('base64url')}`;
  }

  async discard(runner: QueryRunner): Promise<void> {
    const connection = (await runner.connect()) as MySql2Connection;
    connection.destroy();
    // The former only says goodbye, which a server that stands still does not answer.
    connection.stream.destroy();
  }

  isAnswer(error: unknown): boolean {
    return driverErrorCode(error)?.startsWith('ER_') === true;
  }

  isTransient(error: unknown): boolean {
    return TRANSIENT.has(driverErrorCode(error) ?? '');
  }
}

const listOf = (ids: readonly string[]): string => ids.map(() => '?').join(', ');

const isOne = (rows: unknown): boolean =>
  Number((rows as { taken?: unknown }[])[0]?.taken ?? 0) === 1;
