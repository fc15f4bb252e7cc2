import type { Answer } from '../server/answer.js';
import type { Exchange } from '../server/exchange.js';
import { errorAnswer, type ErrorDetail } from './envelope.js';
import { bearerOf } from '../oauth/bearer.js';
import type { AccessState } from './flint-token.js';
import type { FlintWorld } from './flint-world.js';
import { covers } from './scope-cover.js';

/** The scopes a route needs. A write scope implies its read scope. */
export interface ScopeRequirement {
  readonly mode: 'all' | 'any';
  readonly scopes: readonly string[];
}

/** The good access token of a request, or the answer that refuses it. */
export function readAccess(
  world: FlintWorld,
  exchange: Exchange,
): { readonly access: AccessState } | { readonly refusal: Answer } {
  const refuse = (status: number, code: string, message: string, param?: string) => ({
    refusal: errorAnswer(
      exchange.requestId,
      status,
      code,
      { message, param } satisfies ErrorDetail,
      status === 401 ? { 'www-authenticate': challengeOf(code) } : undefined,
    ),
  });
  const header = exchange.header('authorization');
  const apiKey = exchange.header('x-api-key');
  if (new URLSearchParams(exchange.query).has('access_token')) {
    world.records.violate('token_in_query', 'An access token was sent in the query.');
    return refuse(400, 'INVALID_REQUEST', 'Tokens do not belong in a URL.', 'access_token');
  }
  if (apiKey !== undefined && header !== undefined) {
    world.records.violate('ambiguous_auth', 'An API key and an install token on one request.');
    return refuse(400, 'AMBIGUOUS_AUTH', 'Send an API key or an install token, not both.');
  }
  if (apiKey !== undefined) return refuse(401, 'INVALID_API_KEY', 'The API key is unknown.');
  const token = bearerOf(header);
  if (token === undefined) return refuse(401, 'AUTH_REQUIRED', 'An install token is needed.');
  const access = world.tokens.access(token);
  if (!access) {
    return refuse(
      401,
      'INVALID_PARTNER_TOKEN',
      'The install token is unknown, expired or revoked.',
    );
  }
  return { access };
}

/** The 403 for scopes that were not granted, or `undefined` when all is well. */
export function refusalOfScopes(
  world: FlintWorld,
  exchange: Exchange,
  access: AccessState,
  needed: ScopeRequirement,
): Answer | undefined {
  const missing = needed.scopes.filter((scope) => !covers(access.scopes, scope));
  const enough =
    needed.mode === 'any' ? missing.length < needed.scopes.length : missing.length === 0;
  if (enough) return undefined;
  return errorAnswer(exchange.requestId, 403, world.settings.insufficientScopeCode, {
    message: 'The install does not grant what this route needs.',
    missing_scopes: needed.mode === 'any' ? missing.slice(0, 1) : missing,
    scope_requirement: needed,
  });
}

function challengeOf(code: string): string {
  return code === 'INVALID_PARTNER_TOKEN'
    ? 'Bearer realm="Flint", error="invalid_token"'
    : 'Bearer realm="Flint"';
}
