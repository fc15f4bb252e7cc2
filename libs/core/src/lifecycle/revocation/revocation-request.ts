import type { TokenRequest, TokenResponse } from '../../foundation/http/token-transport.js';
import { buildTokenRequest } from '../../provider/token-request.js';
import type { ClientCredential, TokenDialect } from '../../provider/token-call.js';
import type { TokenSet } from '../../connection/token-set.js';

/**
 * The calls that end a token set (RFC 7009 2.1): the refresh token first, whose end should be that
 * of the grant; the access token too, since a server need not conclude that.
 */
export function revocationRequests(
  url: string,
  tokens: TokenSet,
  client: ClientCredential,
  dialect: TokenDialect,
): TokenRequest[] {
  const { refreshToken, accessToken } = tokens;
  return [
    ...(refreshToken === undefined ? [] : [{ token: refreshToken, hint: 'refresh_token' }]),
    { token: accessToken, hint: 'access_token' },
  ].map(({ token, hint }) =>
    buildTokenRequest(url, { token, token_type_hint: hint }, client, dialect),
  );
}

/** An unknown token is a success (RFC 7009 2.2); a server that cannot revoke this kind never will. */
export function isRevoked(response: TokenResponse): boolean {
  if (response.kind !== 'answered') return false;
  if (response.status >= 200 && response.status < 300) return true;
  return response.status === 400 && /unsupported_token_type/.test(response.body);
}
