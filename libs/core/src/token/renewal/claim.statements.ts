import { WHOLE_CONNECTION } from '../../connection/connection-rows.js';
import { NO_CLAIM } from '../../connection/connection.statements.js';
import { rowStatement } from '../../foundation/database/statement.js';
import { OURS } from '../../foundation/deployment/deployment.js';

/**
 * Takes the claim under this id: who is about to spend which token version until when. One that never
 * recorded its end counts as an unknown outcome.
 */
export const takenAs = (id: string, unless = ''): string => `
    unknown_outcomes = unknown_outcomes + CASE WHEN :rotating = 1 AND claim_id IS NOT NULL ${unless}
      AND claim_version = token_version AND unknown_outcomes < 1000000 THEN 1 ELSE 0 END,
    claim_id = ${id}, claim_owner = :owner, claim_until = {now} + :lease,
    claim_version = token_version`;

/** Nobody holds it, or nobody has for the rescue grace; it failed long enough ago; the store is ours. */
export const renewable = (or = ''): string => `status = 'active'
    AND (claim_id IS NULL ${or} OR claim_until <= {now} - :grace)
    AND (retry_at IS NULL OR retry_at <= {now})
    AND ${OURS}`;

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
  // An answer that got lost: the same attempt asks again, and nothing is unknown.
  set: takenAs(':attempt', 'AND claim_id <> :attempt'),
  where: `
    generation = :generation AND token_version = :version
    AND ${renewable('OR claim_id = :attempt')}
    AND (refreshed_at IS NULL OR refreshed_at <= {now} - :interval)
    AND (:probe = 1 OR NOT EXISTS (SELECT 1 FROM flock_circuit WHERE is_open = 1
      AND (flock_circuit.id = :endpoint
        OR (flock_circuit.id = :credential AND flock_connection.credential IS NULL))))`,
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
