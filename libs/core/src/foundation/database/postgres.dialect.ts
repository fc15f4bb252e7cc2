import type { DataSource, DataSourceOptions, QueryRunner } from 'typeorm';
import { MIGRATIONS } from './schema.js';
import type { DataSourceUse, PickedUpdate, SqlDialect, SqlSession } from './sql-dialect.js';
import { bindParameters, driverErrorCode } from './sql-text.js';
import { insertedColumns } from './statement.js';
import type { DeclaredStatement, ParameterKind, SqlRow, SqlValue } from './statement.js';
import { updateReturning } from './update-returning.js';

const ARRAY_TYPE: Record<Exclude<ParameterKind, 'bytes'>, string> = {
  text: 'text[]',
  integer: 'bigint[]',
};

/** 'flock', as a number, for the advisory lock around migrations. */
const MIGRATION_LOCK = 439_804_651;

/** Readers of the running fleet queue up behind a migration that waits for a table. */
const MIGRATION_LOCK_TIMEOUT_MS = 2_000;

/** Its classes begin with a digit or one of these letters; codes of the network, such as EPIPE, do not. */
const SQLSTATE = /^[0-9FHPX][0-9A-Z]{4}$/;

/** Deadlock, serialization failure, lock not available. */
const TRANSIENT = new Set(['40P01', '40001', '55P03']);

/** PostgreSQL through pg: a pool, and one statement for a whole group of rows. */
export class PostgresDialect implements SqlDialect {
  readonly name = 'postgres';
  readonly singleConnection = false;
  readonly units: number;
  readonly now = "CAST(date_part('epoch', clock_timestamp()) * 1000 AS bigint)";
  readonly begin = 'BEGIN';
  readonly ifAbsent = 'ON CONFLICT DO NOTHING';
  readonly oneStatementBatches = true;
  readonly randomId = 'CAST(gen_random_uuid() AS varchar)';
  private readonly batches = new Map<string, string>();

  constructor(
    private readonly url: string,
    private readonly poolSize: number,
  ) {
    // Reads find a connection whatever is being written.
    this.units = Math.max(1, poolSize - 2);
  }

  dataSourceOptions(use: DataSourceUse): DataSourceOptions {
    return {
      type: 'postgres',
      url: this.url,
      poolSize: use === 'migrate' ? 2 : this.poolSize,
      connectTimeoutMS: 5_000,
      applicationName: 'nest-flock',
      extra: {
        // A connection to a server that stands still must not keep a process that has ended its work.
        allowExitOnIdle: true,
        ...(use === 'migrate' && { lock_timeout: MIGRATION_LOCK_TIMEOUT_MS }),
        ...(use !== 'migrate' && {
          statement_timeout: 5_000,
          query_timeout: 6_000,
          // Shorter than a statement may take, so that it is the wait that ends, and is tried again.
          lock_timeout: 4_000,
          // A process that was frozen in the middle of a unit does not keep its rows locked.
          idle_in_transaction_session_timeout: 10_000,
        }),
      },
      migrations: MIGRATIONS,
      migrationsTableName: 'flock_migrations',
      // pg's errors reach us through the query that failed; a broken idle client is only replaced.
      poolErrorHandler: () => undefined,
      logging: false,
    };
  }

  async withMigrationLock<T>(dataSource: DataSource, work: () => Promise<T>): Promise<T> {
    const runner = dataSource.createQueryRunner();
    try {
      // However long another instance takes.
      await runner.query('SET lock_timeout = 0');
      await runner.query(`SELECT pg_advisory_lock(${MIGRATION_LOCK})`);
      return await work();
    } finally {
      await runner.query(`SELECT pg_advisory_unlock(${MIGRATION_LOCK})`).catch(() => undefined);
      await runner.release();
    }
  }

  bind(sql: string, parameters: Record<string, SqlValue>) {
    return bindParameters(sql, parameters, this.now, (position) => `$${position}`);
  }

  async runBatch(
    session: SqlSession,
    statement: DeclaredStatement<Record<string, SqlValue>>,
    batch: readonly Record<string, SqlValue>[],
  ): Promise<SqlRow[]> {
    const names = ['id', ...Object.keys(statement.parameters)];
    let sql = this.batches.get(statement.name);
    if (sql === undefined) {
      sql = this.batchText(statement, names);
      this.batches.set(statement.name, sql);
    }
    const values = names.flatMap<unknown>((name) => {
      const column = batch.map((parameters) => parameters[name]);
      return statement.parameters[name] === 'bytes' ? joined(column) : [column];
    });
    const result = await session.query(sql, values as unknown as SqlValue[]);
    return result.rows;
  }

  /** Parameters become columns of a list joined to the table: one statement whatever the number. */
  private batchText(
    statement: DeclaredStatement<Record<string, SqlValue>>,
    names: readonly string[],
  ): string {
    const inline = (sql: string) =>
      sql.replace(/\{now\}/g, this.now).replace(/(?<!:):([a-z_]+)/gi, 'given.p_$1');
    let position = 0;
    const next = () => `$${(position += 1)}`;
    const arrays = names.map((name) => {
      const kind = statement.parameters[name] ?? 'text';
      if (kind !== 'bytes') return `${next()}::${ARRAY_TYPE[kind]}`;
      const [bytes, from, length] = [next(), next(), next()];
      return (
        `(SELECT array_agg(CASE WHEN o.l < 0 THEN NULL ELSE substring(${bytes}::bytea FROM o.f FOR o.l) END ORDER BY o.n) ` +
        `FROM unnest(${from}::int[], ${length}::int[]) WITH ORDINALITY AS o(f, l, n))`
      );
    });
    const list = names.map((name) => `p_${name}`).join(', ');
    const given = `FROM unnest(${arrays.join(', ')}) AS given(${list})`;
    const returning = `RETURNING ${inline(['id', ...statement.returning].join(', '))}`;
    if ('insert' in statement) {
      const inserted = insertedColumns(statement);
      const columns = [...inserted, ...Object.keys(statement.computed)];
      const values = [
        ...inserted.map((name) => `given.p_${name}`),
        ...Object.values(statement.computed),
      ];
      return (
        `INSERT INTO ${statement.table} (${columns.join(', ')}) SELECT ${inline(values.join(', '))} ${given} ` +
        `${this.ifAbsent} ${returning}`
      );
    }
    return (
      `UPDATE ${statement.table} SET ${inline(statement.set)} ${given} ` +
      `WHERE id = given.p_id AND (${inline(statement.where)}) ${returning}`
    );
  }

  updatePicked(session: SqlSession, update: PickedUpdate, parameters: Record<string, SqlValue>) {
    return updateReturning(this, session, update, 'FOR UPDATE SKIP LOCKED', parameters);
  }

  async lockKey(session: SqlSession, key: string): Promise<void> {
    await session.query('SELECT pg_advisory_xact_lock(hashtextextended($1, 0))', [key]);
  }

  /** The end of the transaction does it. */
  async unlockKeys(): Promise<void> {}

  async discard(runner: QueryRunner): Promise<void> {
    const client = (await runner.connect()) as { end(): Promise<void> };
    // Not awaited: it may be the network that hangs.
    void client.end().catch(() => undefined);
  }

  isAnswer(error: unknown): boolean {
    return SQLSTATE.test(driverErrorCode(error) ?? '');
  }

  isTransient(error: unknown): boolean {
    return TRANSIENT.has(driverErrorCode(error) ?? '');
  }
}

/**
 * Binary values as one parameter, with where each begins (from 1) and how long it is. In an array the
 * driver would write each as hexadecimal text, which costs as much as everything else together.
 */
function joined(column: readonly (SqlValue | undefined)[]): [Buffer, number[], number[]] {
  const parts: Buffer[] = [];
  const starts: number[] = [];
  const lengths: number[] = [];
  let at = 1;
  for (const value of column) {
    starts.push(at);
    if (!Buffer.isBuffer(value)) {
      lengths.push(-1);
      continue;
    }
    lengths.push(value.length);
    parts.push(value);
    at += value.length;
  }
  return [Buffer.concat(parts), starts, lengths];
}
