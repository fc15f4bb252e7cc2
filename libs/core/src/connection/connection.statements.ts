import { rowStatement } from '../foundation/database/statement.js';
import { WHOLE_CONNECTION } from './connection-rows.js';

/** Nobody holds it: the columns that a claim sets, cleared. */
export const NO_CLAIM =
  'claim_id = NULL, claim_owner = NULL, claim_until = NULL, claim_version = NULL';

/**
 * Ends a connection here and now: secrets erased, sessions void, in one statement. Conditional, so
 * that a second call changes nothing and a newer generation is left alone. With `keep` 1, what the
 * provider's own revocation needs stays sealed until that is done; with 2 it needs nothing of it.
 */
export const REVOKE = rowStatement<{ generation: number; reason: string; keep: number }>({
  name: 'revoke',
  table: 'flock_connection',
  set: `
    status = 'revoked', status_reason = :reason, session_epoch = session_epoch + 1,
    credential = CASE WHEN :keep = 1 AND token_set IS NOT NULL THEN credential ELSE NULL END,
    due_at = CASE WHEN :keep = 2 OR (:keep = 1 AND token_set IS NOT NULL) THEN {now} ELSE NULL END,
    token_set = CASE WHEN :keep = 1 THEN token_set ELSE NULL END,
    expires_at = NULL, failures = 0, failure = NULL, retry_at = NULL,
    ${NO_CLAIM},
    changed_at = {now}`,
  where: "generation = :generation AND status <> 'revoked'",
  parameters: { generation: 'integer', reason: 'text', keep: 'integer' },
  returning: WHOLE_CONNECTION,
});

/** Once a token life and instance: somebody uses this connection, so renew it ahead of expiry. */
export const MARK_USED = rowStatement<{ version: number; due_at: number }>({
  name: 'mark_used',
  table: 'flock_connection',
  set: `
    used_version = :version,
    due_at = CASE WHEN due_at IS NULL OR due_at > :due_at THEN :due_at ELSE due_at END`,
  where: "token_version = :version AND used_version < :version AND status = 'active'",
  parameters: { version: 'integer', due_at: 'integer' },
  returning: [],
});
