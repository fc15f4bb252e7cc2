import { setTimeout as wait } from 'node:timers/promises';
import type { DataSource, QueryRunner } from 'typeorm';
import { Slots } from './slots.js';
import type { SqlDialect, SqlResult, SqlSession } from './sql-dialect.js';
import { driverErrorCode } from './sql-text.js';
import type { DeclaredStatement, SqlRow, SqlValue } from './statement.js';

/** Longest a unit of work may hold its transaction, and longest it waits for a busy SQLite file. */
const ABORT_AFTER_MS = 5_000;

/** A statement inside a unit of work, with named parameters. */
export interface Transaction {
  execute(sql: string, parameters?: Record<string, SqlValue>): Promise<SqlResult>;
  first(sql: string, parameters?: Record<string, SqlValue>): Promise<SqlRow | undefined>;
  /** A declared statement, together with the others of this unit. */
  apply<P extends Record<string, SqlValue>>(
    statement: DeclaredStatement<P>,
    parameters: P & { id: string },
  ): Promise<SqlRow | undefined>;
  /** Waits until no other unit holds this key. */
  lock(key: string): Promise<void>;
}

/**
 * The only way to write. On SQLite units queue up, because TypeORM shares one connection there and
 * overlapping transactions lose committed writes; elsewhere they use the pool. No network call
 * belongs inside.
 */
export class UnitOfWork {
  private tail: Promise<unknown> = Promise.resolve();
  private readonly slots: Slots;

  constructor(
    private readonly dataSource: DataSource,
    private readonly dialect: SqlDialect,
  ) {
    this.slots = new Slots(dialect.units);
  }

  /** Commits what `work` did, or nothing. Transient failures run it again. */
  run<T>(work: (transaction: Transaction) => Promise<T>): Promise<T> {
    return this.exclusive(() =>
      this.retried(() => this.transact((session) => work(this.transaction(session)))),
    );
  }

  /** For prepared batches that bring their own SQL, ahead of others; one statement needs no BEGIN. */
  runSession<T>(statements: number, work: (session: SqlSession) => Promise<T>): Promise<T> {
    if (statements > 1 || this.dialect.singleConnection) {
      return this.exclusive(() => this.retried(() => this.transact(work)), true);
    }
    return this.slots.run(
      () => this.retried(() => this.withRunner((runner) => work(sessionOf(runner)))),
      true,
    );
  }

  /** Waits until everything that was queued has ended. */
  async settled(): Promise<void> {
    await this.tail.catch(() => undefined);
  }

  private exclusive<T>(start: () => Promise<T>, ahead = false): Promise<T> {
    if (!this.dialect.singleConnection) return this.slots.run(start, ahead);
    const next = this.tail.then(start, start);
    this.tail = next.catch(() => undefined);
    return next;
  }

  private async retried<T>(work: () => Promise<T>): Promise<T> {
    const giveUp = performance.now() + ABORT_AFTER_MS;
    for (let attempt = 0; ; attempt += 1) {
      try {
        return await work();
      } catch (error) {
        if (!this.dialect.isTransient(error) || performance.now() > giveUp) throw error;
        // Spread out, so that two processes on one file do not meet again at once.
        await wait(2 + Math.random() * Math.min(50, 5 * (attempt + 1)));
      }
    }
  }

  private transact<T>(work: (session: SqlSession) => Promise<T>): Promise<T> {
    return this.withRunner(async (runner) => {
      const session = sessionOf(runner);
      await runner.query(this.dialect.begin);
      const timer = setTimeout(() => (session.closed = true), ABORT_AFTER_MS);
      try {
        const result = await work(session);
        if (session.closed) throw new Error('unit of work took longer than 5 s and was aborted');
        await runner.query('COMMIT');
        return result;
      } catch (error) {
        // A connection that may still be inside the transaction must not serve anybody else.
        await runner.query('ROLLBACK').catch(() => this.dialect.discard(runner));
        throw error;
      } finally {
        clearTimeout(timer);
        session.closed = true;
      }
    });
  }

  private async withRunner<T>(work: (runner: QueryRunner) => Promise<T>): Promise<T> {
    const runner = this.dataSource.createQueryRunner();
    try {
      return await work(runner);
    } catch (error) {
      // Without a code of the database the statement may still be running there.
      if (driverErrorCode(error) === undefined)
        await this.dialect.discard(runner).catch(() => undefined);
      throw error;
    } finally {
      await runner.release();
    }
  }

  private transaction(session: SqlSession): Transaction {
    const execute: Transaction['execute'] = (text, parameters = {}) => {
      const { sql, values } = this.dialect.bind(text, parameters);
      return session.query(sql, values);
    };
    return {
      execute,
      first: async (text, parameters) => (await execute(text, parameters)).rows[0],
      apply: async (statement, parameters) =>
        (await this.dialect.runBatch(session, statement, [parameters]))[0],
      lock: (key) => this.dialect.lockKey(session, key),
    };
  }
}

function sessionOf(runner: QueryRunner): SqlSession & { closed: boolean } {
  const session = {
    closed: false,
    async query(sql: string, parameters: readonly SqlValue[] = []): Promise<SqlResult> {
      if (session.closed) throw new Error('statement outside its unit of work');
      const result = await runner.query(sql, parameters as SqlValue[], true);
      return { rows: result.records as SqlRow[], affected: result.affected ?? 0 };
    },
  };
  return session;
}
