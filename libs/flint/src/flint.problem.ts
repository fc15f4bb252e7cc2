import { identifierOf, membersOf, textsOf, withoutUndefined } from '@nest-flock/core/provider';
import type { ProviderApiProblem } from '@nest-flock/core/provider';

/**
 * Flint's error envelope: `{ error: { code, request_id, missing_scopes } }`. The scope code is
 * `insufficient_scope` in the install guide and `INSUFFICIENT_SCOPE` in the newer contract.
 */
export function readFlintProblem(body: unknown, status: number): ProviderApiProblem {
  const error = membersOf(body)?.error;
  const members = membersOf(error);
  const code = identifierOf(typeof error === 'string' ? error : members?.code);
  const isScope = status === 403 && code?.toLowerCase() === 'insufficient_scope';
  const scopes = textsOf(members?.missing_scopes).filter((scope) => identifierOf(scope));
  return withoutUndefined({
    code,
    requestId: identifierOf(members?.request_id ?? membersOf(body)?.request_id),
    missingScopes: isScope ? scopes : undefined,
  });
}
