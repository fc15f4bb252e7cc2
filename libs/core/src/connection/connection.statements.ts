import { rowStatement } from '../foundation/database/statement.js';
import { WHOLE_CONNECTION } from './connection-rows.js';

/** Nobody holds it: the columns that a claim sets, cleared. */
export const NO_CLAIM =
  'claim_id = NULL, claim_owner = NULL, claim_until = NULL, claim_version = NULL';

/**
 * Ends a connection here and now: sessions void, and secrets erased but for `rest`, in one statement.
 * Conditional, so that a second call changes nothing and a newer generation is left alone.
 */
const end = (name: string, rest: string) =>
  rowStatement<{ generation: number; reason: string }>({
    name,
    table: 'flock_connection',
    set: `
    status = 'revoked', status_reason = :reason, session_epoch = session_epoch + 1, ${rest},
    expires_at = NULL, failures = 0, failure = NULL, retry_at = NULL,
    ${NO_CLAIM},
    changed_at = {now}`,
    where: "generation = :generation AND status <> 'revoked'",
    parameters: { generation: 'integer', reason: 'text' },
    returning: WHOLE_CONNECTION,
  });

/** Nothing is left to tell the provider. */
export const END = end('end', 'credential = NULL, token_set = NULL, due_at = NULL');

/** What the provider's own revocation needs stays sealed until that is done. */
export const END_OWING_TOKENS = end(
  'end_owing_tokens',
  `credential = CASE WHEN token_set IS NOT NULL THEN credential ELSE NULL END,
    due_at = CASE WHEN token_set IS NOT NULL THEN {now} ELSE NULL END`,
);

/** The provider is told by a route that needs nothing of the row. */
export const END_OWING_WORD = end(
  'end_owing_word',
  'credential = NULL, token_set = NULL, due_at = {now}',
);

/** Of the present grants the provider has said nothing newer. */
const NOTHING_NEWER = `generation = :generation AND status <> 'revoked'
    AND COALESCE(scopes_at, provider_time, installed_at) <= :at`;

/**
 * What the provider says is granted now, unless it has said something newer since. A token with the
 * new scopes is due at once.
 */
export const CHANGE_SCOPES = rowStatement<{ generation: number; scopes: string; at: number }>({
  name: 'change_scopes',
  table: 'flock_connection',
  set: `
    scopes = :scopes, scopes_at = :at, changed_at = {now},
    due_at = CASE WHEN status = 'active' THEN {now} ELSE due_at END`,
  where: NOTHING_NEWER,
  parameters: { generation: 'integer', scopes: 'text', at: 'integer' },
  returning: ['scopes'],
});

/** The provider says again what is granted already: only the time of its word moves. */
export const CONFIRM_SCOPES = rowStatement<{ generation: number; scopes: string; at: number }>({
  name: 'confirm_scopes',
  table: 'flock_connection',
  set: 'scopes_at = :at',
  where: `${NOTHING_NEWER} AND scopes = :scopes`,
  parameters: { generation: 'integer', scopes: 'text', at: 'integer' },
  returning: ['scopes'],
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
