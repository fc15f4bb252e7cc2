import { parseObject } from '../foundation/http/parse-object.js';
import type { TokenAnswer } from './token-answer.js';

/** Whom an ID token must be from, and for. */
export interface ExpectedIdToken {
  readonly issuer: string;
  /** Our client id. */
  readonly audience: string;
}

/**
 * The claims of the `id_token` of a token answer. It came straight from the token endpoint, so that
 * TLS stands in for its signature; `iss`, `aud` and a `sub` are demanded all the same (OpenID Connect
 * Core 3.1.3.7). `undefined` when there is none, or it is another's.
 */
export function readIdToken(
  answer: TokenAnswer,
  { issuer, audience }: ExpectedIdToken,
): (Readonly<Record<string, unknown>> & { readonly sub: string }) | undefined {
  const claims = decode(answer.id_token);
  if (claims === undefined || claims.iss !== issuer) return undefined;
  const { aud, sub } = claims;
  const meant = Array.isArray(aud) ? aud.includes(audience) : aud === audience;
  return meant && typeof sub === 'string' && sub !== '' ? { ...claims, sub } : undefined;
}

function decode(token: unknown): Record<string, unknown> | undefined {
  const payload = typeof token === 'string' ? token.split('.')[1] : undefined;
  if (payload === undefined) return undefined;
  return parseObject(Buffer.from(payload, 'base64url').toString());
}
