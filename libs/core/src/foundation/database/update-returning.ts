import type { PickedUpdate, SqlDialect, SqlSession } from './sql-dialect.js';
import type { SqlRow, SqlValue } from './statement.js';

/** A picked update where one statement can change rows and hand them back. */
export async function updateReturning(
  dialect: SqlDialect,
  session: SqlSession,
  { table, set, pick, returning }: PickedUpdate,
  lock: string,
  parameters: Record<string, SqlValue>,
): Promise<SqlRow[]> {
  const { sql, values } = dialect.bind(
    `UPDATE ${table} SET ${set} WHERE id IN (${pick} ${lock}) RETURNING ${returning.join(', ')}`,
    parameters,
  );
  return (await session.query(sql, values)).rows;
}
