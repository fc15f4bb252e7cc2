import type { DataSource } from 'typeorm';
import type { SqlDialect, SqlResult, SqlSession } from './sql-dialect.js';
import type { SqlRow, SqlValue } from './statement.js';

/** A connection on loan. */
export interface Session extends SqlSession {
  /** A statement got no answer, so nobody knows what it still does there: the connection is thrown away. */
  isLost: boolean;
}

/** Lends a connection; one whose state is not known afterwards does not go back to the pool. */
export async function withSession<T>(
  dataSource: DataSource,
  dialect: SqlDialect,
  work: (session: Session) => Promise<T>,
): Promise<T> {
  const runner = dataSource.createQueryRunner();
  const session: Session = {
    isLost: false,
    async query(sql, parameters: readonly SqlValue[] = []): Promise<SqlResult> {
      // Drivers line it up behind the one that hangs, and mysql2 counts its time from its turn on.
      if (session.isLost) throw new Error('the connection of this statement is lost');
      try {
        const result = await runner.query(sql, parameters as SqlValue[], true);
        return { rows: result.records as SqlRow[], affected: result.affected ?? 0 };
      } catch (error) {
        if (!dialect.isAnswer(error)) session.isLost = true;
        throw error;
      }
    },
  };
  try {
    await runner.connect();
    return await work(session);
  } finally {
    if (session.isLost) await dialect.discard(runner).catch(() => undefined);
    await runner.release();
  }
}
