import { rowStatement } from '../database/statement.js';
import { CONNECTION_COLUMNS } from './connection.row.js';

/**
 * Ends a connection here and now: secrets erased, sessions void, in one statement. Conditional, so
 * that a second call changes nothing and a newer generation is left alone.
 */
export const REVOKE = rowStatement<{ generation: number; reason: string }>({
  name: 'revoke',
  table: 'flock_connection',
  set: `
    status = 'revoked', status_reason = :reason, session_epoch = session_epoch + 1,
    token_set = NULL, credential = NULL, expires_at = NULL, due_at = NULL,
    claim_id = NULL, claim_owner = NULL, claim_until = NULL, claim_version = NULL,
    changed_at = {now}`,
  where: "generation = :generation AND status <> 'revoked'",
  parameters: { generation: 'integer', reason: 'text' },
  returning: [...CONNECTION_COLUMNS, '{now} AS db_now'],
});
