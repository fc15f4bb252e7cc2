import { rowStatement } from '../../foundation/database/statement.js';

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
  where: `generation = :generation AND status <> 'revoked'
    AND COALESCE(scopes_at, provider_time, installed_at) <= :at`,
  parameters: { generation: 'integer', scopes: 'text', at: 'integer' },
  returning: ['scopes'],
});
