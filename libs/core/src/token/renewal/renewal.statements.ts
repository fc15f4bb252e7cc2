import { WHOLE_CONNECTION } from '../../connection/connection-rows.js';
import { NO_CLAIM } from '../../connection/connection.statements.js';
import { rowStatement } from '../../foundation/database/statement.js';

/**
 * Stores a token set in place of exactly the one that was spent. It may come late, from another
 * process, or heal a connection that was meanwhile marked; it never brings back a revoked one and
 * never crosses a generation.
 */
export const STORE_TOKENS = rowStatement<{
  attempt: string;
  generation: number;
  spent: number;
  token_set: Buffer;
  scopes: string;
  expires_at: number;
  due_at: number | null;
}>({
  name: 'store_tokens',
  table: 'flock_connection',
  set: `
    changed_at = CASE WHEN status = 'active' AND scopes = :scopes THEN changed_at ELSE {now} END,
    token_set = :token_set, scopes = :scopes, expires_at = :expires_at, due_at = :due_at,
    refreshed_at = {now}, token_version = token_version + 1, attempt_id = :attempt,
    status = 'active', status_reason = NULL,
    ${NO_CLAIM},
    unknown_outcomes = 0, failures = 0, failure = NULL, retry_at = NULL`,
  where: "generation = :generation AND token_version = :spent AND status <> 'revoked'",
  parameters: {
    attempt: 'text',
    generation: 'integer',
    spent: 'integer',
    token_set: 'bytes',
    scopes: 'text',
    expires_at: 'integer',
    due_at: 'integer',
  },
  // The caller knows the rest, and a token set is large.
  returning: ['{now} AS db_now', 'changed_at', 'refreshed_at'],
  // Only what heals a connection or changes its scopes; on MariaDB the clock may tick in between.
  follows: ({ changed_at: changed, refreshed_at: refreshed }) =>
    Number(changed) >= Number(refreshed) - 1_000,
  urgent: true,
});

/** The merchant must act. Only while the very token that the provider refused is the stored one. */
export const REQUIRE_REAUTHORIZATION = rowStatement<{
  generation: number;
  spent: number;
  reason: string;
  unknown: number;
}>({
  name: 'require_reauthorization',
  table: 'flock_connection',
  set: `
    status = 'reauthorization_required', due_at = NULL, changed_at = {now},
    status_reason = CASE WHEN unknown_outcomes + :unknown > 0 AND :reason = 'invalid_grant'
      THEN 'rotation_lost' ELSE :reason END,
    ${NO_CLAIM}`,
  where: "generation = :generation AND token_version = :spent AND status = 'active'",
  parameters: { generation: 'integer', spent: 'integer', reason: 'text', unknown: 'integer' },
  returning: WHOLE_CONNECTION,
});

/** A token that nothing renews has done its service: it is erased. */
export const END_SESSION = rowStatement<{ generation: number; spent: number }>({
  name: 'end_session',
  table: 'flock_connection',
  set: `
    status = 'reauthorization_required', status_reason = 'session_ended', token_set = NULL,
    expires_at = NULL, due_at = NULL, changed_at = {now},
    ${NO_CLAIM}`,
  where: "generation = :generation AND token_version = :spent AND status = 'active'",
  parameters: { generation: 'integer', spent: 'integer' },
  returning: ['id'],
});

/**
 * A renewal that was in flight at the disconnect brought tokens that live at the provider: they are
 * the ones to revoke now, also where the spent ones have been dealt with.
 */
export const REVOKE_INSTEAD = rowStatement<{
  generation: number;
  spent: number;
  token_set: Buffer;
}>({
  name: 'revoke_instead',
  table: 'flock_connection',
  set: `
    token_set = :token_set, due_at = {now}, failures = 0, failure = NULL,
    ${NO_CLAIM}`,
  where: "generation = :generation AND token_version = :spent AND status = 'revoked'",
  parameters: { generation: 'integer', spent: 'integer', token_set: 'bytes' },
  returning: ['id'],
});
