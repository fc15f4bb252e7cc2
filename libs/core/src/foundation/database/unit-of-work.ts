import { setTimeout as wait } from 'node:timers/promises';
import type { DataSource } from 'typeorm';
import { Slots } from './slots.js';
import type { PickedUpdate, SqlDialect, SqlResult, SqlSession } from './sql-dialect.js';
import { follows } from './statement.js';
import type { DeclaredStatement, SqlRow, SqlValue } from './statement.js';
import { withSession } from './with-session.js';

/** Longest a unit of work may hold its transaction, and longest it waits for a busy SQLite file. */
const ABORT_AFTER_MS = 5_000;

/** A statement inside a unit of work, with named parameters. */
export interface Transaction {
  execute(sql: string, parameters?: Record<string, SqlValue>): Promise<SqlResult>;
  read(sql: string, parameters?: Record<string, SqlValue>): Promise<SqlRow[]>;
  first(sql: string, parameters?: Record<string, SqlValue>): Promise<SqlRow | undefined>;
  /** A declared statement, together with the others of this unit. */
  apply<P extends Record<string, SqlValue>>(
    statement: DeclaredStatement<P>,
    parameters: P & { id: string },
  ): Promise<SqlRow | undefined>;
  /** Takes rows for this process, such as claims; see {@link PickedUpdate}. */
  updatePicked(update: PickedUpdate, parameters: Record<string, SqlValue>): Promise<SqlRow[]>;
  /** Waits until no other unit holds this key. */
  lock(key: string): Promise<void>;
  /** Once this is committed, other instances look at the change feed. */
  follow(): void;
  /** Called once this is committed; never when it is not. */
  afterCommit(work: () => void): void;
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
    /** Called after the commit of something that other instances follow. */
    private readonly onFollowed: () => void,
  ) {
    this.slots = new Slots(dialect.units);
  }

  /** Commits what `work` did, or nothing. Transient failures run it again. */
  async run<T>(work: (transaction: Transaction) => Promise<T>): Promise<T> {
    let after = new Set<() => void>();
    const result = await this.exclusive(() =>
      this.retried(() => {
        after = new Set();
        return this.transact((session) => work(this.transaction(session, after)));
      }),
    );
    for (const one of after) one();
    return result;
  }

  /** For prepared batches that bring their own SQL, ahead of others; one statement needs no BEGIN. */
  runSession<T>(statements: number, work: (session: SqlSession) => Promise<T>): Promise<T> {
    if (statements > 1 || !this.dialect.oneStatementBatches) {
      return this.exclusive(() => this.retried(() => this.transact(work)), true);
    }
    return this.slots.run(
      () => this.retried(() => withSession(this.dataSource, this.dialect, work)),
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

  private transact<T>(work: (session: UnitSession) => Promise<T>): Promise<T> {
    return withSession(this.dataSource, this.dialect, async (connection) => {
      await connection.query(this.dialect.begin);
      const session = unitOf(connection);
      const timer = setTimeout(() => (session.closed = true), ABORT_AFTER_MS);
      try {
        const result = await work(session);
        if (session.closed) throw new Error('unit of work took longer than 5 s and was aborted');
        await connection.query('COMMIT');
        return result;
      } catch (error) {
        // A connection that may still be inside the transaction must not serve anybody else.
        await connection.query('ROLLBACK').catch(() => (connection.isLost = true));
        throw error;
      } finally {
        clearTimeout(timer);
        session.closed = true;
        if (session.locked) {
          await this.dialect.unlockKeys(connection).catch(() => (connection.isLost = true));
        }
      }
    });
  }

  private transaction(session: UnitSession, after: Set<() => void>): Transaction {
    const execute: Transaction['execute'] = (text, parameters = {}) => {
      const { sql, values } = this.dialect.bind(text, parameters);
      return session.query(sql, values);
    };
    return {
      execute,
      read: async (text, parameters) => (await execute(text, parameters)).rows,
      first: async (text, parameters) => (await execute(text, parameters)).rows[0],
      apply: async (statement, parameters) => {
        const [row] = await this.dialect.runBatch(session, statement, [parameters]);
        if (row !== undefined && follows(statement, row)) after.add(this.onFollowed);
        return row;
      },
      updatePicked: (update, parameters) => this.dialect.updatePicked(session, update, parameters),
      lock: (key) => {
        session.locked = true;
        return this.dialect.lockKey(session, key);
      },
      follow: () => void after.add(this.onFollowed),
      afterCommit: (work) => void after.add(work),
    };
  }
}

/** The session of one unit of work. */
interface UnitSession extends SqlSession {
  /** Its time is up, or it has ended. */
  closed: boolean;
  /** It holds keys. */
  locked: boolean;
}

function unitOf(connection: SqlSession): UnitSession {
  const session: UnitSession = {
    closed: false,
    locked: false,
    query: (sql, parameters) =>
      session.closed
        ? Promise.reject(new Error('statement outside its unit of work'))
        : connection.query(sql, parameters),
  };
  return session;
}
