import { WHOLE_CONNECTION } from '../../connection/connection-rows.js';
import { NO_CLAIM } from '../../connection/connection.statements.js';
import { rowStatement } from '../../foundation/database/statement.js';
import { OURS } from '../../foundation/deployment/ours.js';

/**
 * The claim, which is also the intent: who is about to spend which token version until when. Its
 * commit proves that the store can be written before anything is spent. A claim that never recorded
 * its end may be taken over only after the rescue grace, and then counts as an unknown outcome. Once
 * another deployment has adopted the store, nobody else's claim succeeds. No indexed column changes, so PostgreSQL writes no index.
 */
export const CLAIM = rowStatement<{
  attempt: string;
  owner: string;
  lease: number;
  grace: number;
  interval: number;
  generation: number;
  version: number;
  rotating: number;
  probe: number;
  endpoint: string;
  credential: string;
  deployment: string;
}>({
  name: 'claim',
  table: 'flock_connection',
  set: `
    unknown_outcomes = unknown_outcomes + CASE WHEN :rotating = 1 AND claim_id IS NOT NULL
      AND claim_id <> :attempt AND claim_version = token_version AND unknown_outcomes < 1000000 THEN 1 ELSE 0 END,
    claim_id = :attempt, claim_owner = :owner, claim_until = {now} + :lease,
    claim_version = token_version`,
  where: `
    generation = :generation AND token_version = :version AND status = 'active'
    AND (claim_id IS NULL OR claim_id = :attempt OR claim_until <= {now} - :grace)
    AND (retry_at IS NULL OR retry_at <= {now})
    AND (refreshed_at IS NULL OR refreshed_at <= {now} - :interval)
    AND (:probe = 1 OR NOT EXISTS (SELECT 1 FROM flock_circuit WHERE is_open = 1
      AND (flock_circuit.id = :endpoint
        OR (flock_circuit.id = :credential AND flock_connection.credential IS NULL))))
    AND ${OURS}`,
  parameters: {
    attempt: 'text',
    owner: 'text',
    lease: 'integer',
    grace: 'integer',
    interval: 'integer',
    generation: 'integer',
    version: 'integer',
    rotating: 'integer',
    probe: 'integer',
    endpoint: 'text',
    credential: 'text',
    deployment: 'text',
  },
  returning: WHOLE_CONNECTION,
});

/** Before a second send: only the owner whose claim still holds may. */
export const EXTEND_CLAIM = rowStatement<{ attempt: string; lease: number; deployment: string }>({
  name: 'extend_claim',
  table: 'flock_connection',
  set: 'claim_until = {now} + :lease',
  where: `claim_id = :attempt AND claim_until > {now} AND status = 'active' AND ${OURS}`,
  parameters: { attempt: 'text', lease: 'integer', deployment: 'text' },
  returning: [],
});

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

/** The recorded end of an attempt that brought no token: all instances obey its next time. */
export const END_ATTEMPT = rowStatement<{
  attempt: string;
  failure: string;
  delay: number;
  unknown: number;
}>({
  name: 'end_attempt',
  table: 'flock_connection',
  set: `
    ${NO_CLAIM},
    failures = failures + 1, failure = :failure, retry_at = {now} + :delay,
    unknown_outcomes = unknown_outcomes + :unknown,
    due_at = CASE WHEN due_at IS NULL THEN NULL ELSE {now} + :delay END`,
  where: 'claim_id = :attempt',
  parameters: { attempt: 'text', failure: 'text', delay: 'integer', unknown: 'integer' },
  returning: [],
});

/** Gives a claim back unused, as if it had never been taken. */
export const RELEASE_CLAIM = rowStatement<{ attempt: string }>({
  name: 'release_claim',
  table: 'flock_connection',
  set: NO_CLAIM,
  where: 'claim_id = :attempt',
  parameters: { attempt: 'text' },
  returning: [],
});

/** Gives a claim back unused; the scheduler comes again after `delay`. */
export const POSTPONE_CLAIM = rowStatement<{ attempt: string; delay: number }>({
  name: 'postpone_claim',
  table: 'flock_connection',
  set: `
    ${NO_CLAIM},
    due_at = CASE WHEN due_at IS NULL THEN NULL ELSE {now} + :delay END`,
  where: 'claim_id = :attempt',
  parameters: { attempt: 'text', delay: 'integer' },
  returning: [],
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
