import type { TokenResponse } from '../foundation/http/token-transport.js';
import { readRetryAfter } from '../foundation/http/retry-after.js';
import { parseObject } from '../foundation/http/parse-object.js';
import type { TokenAnswer, TokenOutcome } from './token-answer.js';

/** OAuth error codes (RFC 6749 5.2) by what they say; anything else is a plain refusal. */
const DEAD = new Set(['invalid_grant']);
const CREDENTIAL = new Set(['invalid_client']);
/** The server says that it failed: whether it had acted before is open. */
const SERVER = new Set(['server_error', 'temporarily_unavailable']);

/**
 * Maps an answer by its `error` code first and by its status only then (faults F17 to F24). What a 429
 * or a redirect says beside is not read: they decide nothing about a grant.
 */
export function readTokenAnswer(
  response: TokenResponse,
  problem?: (body: unknown, status: number) => 'ip_not_allowed' | undefined,
): TokenOutcome {
  if (response.kind !== 'answered') return response;
  const { status } = response;
  const retryAfterSeconds = readRetryAfter(response.retryAfter, response.date);
  if (status === 429) return { kind: 'throttled', retryAfterSeconds };
  if (status >= 300 && status < 400) return { kind: 'unknown', reason: 'redirect' };

  const body = parseObject(response.body);
  const known = status >= 400 ? problem?.(body ?? response.body, status) : undefined;
  if (known !== undefined) return { kind: 'refused', error: known };
  const error = body === undefined ? undefined : readError(body.error);
  if (error !== undefined) {
    if (DEAD.has(error)) return { kind: 'dead', error };
    if (CREDENTIAL.has(error)) return { kind: 'credential_rejected', error };
    if (SERVER.has(error) || status >= 500) {
      return { kind: 'unknown', reason: 'server_error', retryAfterSeconds };
    }
    return { kind: 'refused', error };
  }
  if (status >= 500) return { kind: 'unknown', reason: 'server_error', retryAfterSeconds };
  if (status === 401) return { kind: 'credential_rejected', error: 'http_401' };
  if (status >= 400) return { kind: 'refused', error: `http_${status}` };
  if (body === undefined) return { kind: 'unknown', reason: 'not_json' };
  if (typeof body.access_token !== 'string' || body.access_token === '') {
    return { kind: 'unknown', reason: 'no_token' };
  }
  return { kind: 'granted', answer: body as TokenAnswer };
}

/** `error` may be a code or, in a provider's own envelope, an object that holds one. */
function readError(error: unknown): string | undefined {
  const code =
    typeof error === 'object' && error !== null ? (error as { code?: unknown }).code : error;
  // Only identifiers are kept: a code reaches logs and the audit trail.
  return typeof code === 'string' && /^[A-Za-z0-9_.-]{1,64}$/.test(code)
    ? code.toLowerCase()
    : error === undefined || error === null
      ? undefined
      : 'unreadable_error';
}
