import type { SqlRow, SqlValue } from '../foundation/database/statement.js';
import { CONNECTION_COLUMNS, readConnectionRow } from './connection.row.js';
import type { ConnectionRow } from './connection.row.js';

/** What is read of a whole connection; {@link readConnectionRow} makes a row of it. */
export const WHOLE_CONNECTION = [...CONNECTION_COLUMNS, '{now} AS db_now'];

const SELECT = `SELECT ${WHOLE_CONNECTION.join(', ')} FROM flock_connection WHERE `;

/** The database, or a transaction of it. */
interface SqlReader {
  read(sql: string, parameters?: Record<string, SqlValue>): Promise<SqlRow[]>;
}

/** Whole connections that meet a condition. `where` may end with an order, a limit or a lock. */
export async function connectionsWhere(
  reader: SqlReader,
  where: string,
  parameters: Record<string, SqlValue>,
): Promise<ConnectionRow[]> {
  return (await reader.read(SELECT + where, parameters)).map(readConnectionRow);
}
