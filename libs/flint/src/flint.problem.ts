import { identifierOf, membersOf } from '@nest-flock/core/provider';
import type { ProviderApiProblem } from '@nest-flock/core/provider';

/**
 * Flint's error envelope: `{ error: { code, request_id, missing_scopes } }`. The scope code is
 * `insufficient_scope` in the install guide and `INSUFFICIENT_SCOPE` in the newer contract.
 */
export function readFlintProblem(status: number, body: unknown): ProviderApiProblem {
  const error = membersOf(body)?.error;
  const members = membersOf(error);
  const code = identifierOf(typeof error === 'string' ? error : members?.code);
  const requestId = identifierOf(members?.request_id ?? membersOf(body)?.request_id);
  const scopes = members?.missing_scopes;
  const isScope = status === 403 && code?.toLowerCase() === 'insufficient_scope';
  return {
    ...(code !== undefined && { code }),
    ...(requestId !== undefined && { requestId }),
    ...(isScope && {
      missingScopes: Array.isArray(scopes)
        ? (scopes.filter((scope) => identifierOf(scope) !== undefined) as string[])
        : [],
    }),
  };
}
