import { rowStatement } from '../../foundation/database/statement.js';

/** What was kept for the provider's own revocation is erased. */
export const FINISH_REVOCATION = rowStatement<{ attempt: string }>({
  name: 'finish_revocation',
  table: 'flock_connection',
  set: `
    token_set = NULL, credential = NULL, due_at = NULL, failures = 0, failure = NULL,
    claim_id = NULL, claim_owner = NULL, claim_until = NULL`,
  where: "claim_id = :attempt AND status = 'revoked'",
  parameters: { attempt: 'text' },
  returning: ['id'],
});

/** It is tried again then. */
export const POSTPONE_REVOCATION = rowStatement<{ attempt: string; delay: number }>({
  name: 'postpone_revocation',
  table: 'flock_connection',
  set: `
    due_at = {now} + :delay, failures = failures + 1, failure = 'revocation_failed',
    claim_id = NULL, claim_owner = NULL, claim_until = NULL`,
  where: "claim_id = :attempt AND status = 'revoked'",
  parameters: { attempt: 'text', delay: 'integer' },
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
    claim_id = NULL, claim_owner = NULL, claim_until = NULL`,
  where: "generation = :generation AND token_version = :spent AND status = 'revoked'",
  parameters: { generation: 'integer', spent: 'integer', token_set: 'bytes' },
  returning: ['id'],
});
