import { NO_CLAIM } from '../../connection/connection.statements.js';
import { rowStatement } from '../../foundation/database/statement.js';

/** What was kept for the provider's own revocation is erased. */
export const FINISH_REVOCATION = rowStatement<{ attempt: string }>({
  name: 'finish_revocation',
  table: 'flock_connection',
  set: `
    token_set = NULL, credential = NULL, due_at = NULL, failures = 0, failure = NULL,
    ${NO_CLAIM}`,
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
    ${NO_CLAIM}`,
  where: "claim_id = :attempt AND status = 'revoked'",
  parameters: { attempt: 'text', delay: 'integer' },
  returning: ['id'],
});
