import type { ProviderApiProblem } from '@nest-flock/core/provider';

const IDENTIFIER = /^[A-Za-z0-9_.:-]{1,128}$/;

/**
 * Flint's error envelope: `{ error: { code, request_id, missing_scopes } }`. The scope code is
 * `insufficient_scope` in the install guide and `INSUFFICIENT_SCOPE` in the newer contract.
 */
export function readFlintProblem(status: number, body: unknown): ProviderApiProblem {
  const error = field(body, 'error');
  const code = identifier(typeof error === 'string' ? error : field(error, 'code'));
  const requestId = identifier(field(error, 'request_id') ?? field(body, 'request_id'));
  const scopes = field(error, 'missing_scopes');
  const isScope = status === 403 && code?.toLowerCase() === 'insufficient_scope';
  return {
    ...(code !== undefined && { code }),
    ...(requestId !== undefined && { requestId }),
    ...(isScope && {
      missingScopes: Array.isArray(scopes)
        ? (scopes.filter((scope) => identifier(scope) !== undefined) as string[])
        : [],
    }),
  };
}

function field(value: unknown, name: string): unknown {
  return typeof value === 'object' && value !== null
    ? (value as Record<string, unknown>)[name]
    : undefined;
}

const identifier = (value: unknown): string | undefined =>
  typeof value === 'string' && IDENTIFIER.test(value) ? value : undefined;
