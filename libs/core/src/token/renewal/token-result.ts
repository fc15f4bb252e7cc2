import type { ConnectionRow } from '../../connection/connection.row.js';
import { readScopes, writeScopes } from '../../connection/connection.row.js';
import type { TokenAnswer } from '../../provider/token-answer.js';
import { readLifetimeSeconds } from '../../provider/read-lifetime.js';
import type { ProviderProfile } from '../../provider/provider-profile.js';
import type { TokenSet } from '../../connection/token-set.js';
import { scheduleAheadMs } from '../../connection/token-set.js';
import type { RenewalPolicy } from '../endpoint/renewal-policy.js';

const DAY_SECONDS = 86_400;
/** More than any provider grants, and less than any column holds. */
const LONGEST_SCOPES = 16_384;

export interface TokenResult {
  readonly tokens: TokenSet;
  readonly scopes: string;
  /** Database time, epoch milliseconds. */
  readonly expiresAt: number;
  readonly lifeMs: number;
}

/**
 * Reads just enough of an answer to store it; what it omits keeps its old value (RFC 6749 6).
 * `sentAt` is the database's time when the request left, so the expiry errs on the early side.
 */
export function readTokenResult(
  answer: TokenAnswer,
  previous: { tokens?: TokenSet; scopes: string },
  profile: ProviderProfile,
  sentAt: number,
): TokenResult {
  const refreshToken =
    typeof answer.refresh_token === 'string' && answer.refresh_token !== ''
      ? answer.refresh_token
      : previous.tokens?.refreshToken;
  const tokenType =
    typeof answer.token_type === 'string' ? answer.token_type : previous.tokens?.tokenType;
  const lifeMs = (readLifetimeSeconds(answer.expires_in) ?? profile.defaultLifetimeSeconds) * 1_000;
  return {
    tokens: {
      accessToken: answer.access_token,
      ...(refreshToken !== undefined && { refreshToken }),
      ...(tokenType !== undefined && { tokenType }),
      ...(previous.tokens?.code !== undefined && { code: previous.tokens.code }),
    },
    scopes: readGrantedScopes(answer.scope) ?? previous.scopes,
    expiresAt: Math.floor(sentAt + lifeMs),
    lifeMs,
  };
}

/** `scope` as text by RFC 6749 3.3, or a list; commas tolerated; anything else says nothing. */
export function readGrantedScopes(scope: unknown): string | undefined {
  if (Array.isArray(scope)) {
    const texts = scope.filter((one): one is string => typeof one === 'string');
    return texts.length === scope.length ? readGrantedScopes(texts.join(' ')) : undefined;
  }
  if (typeof scope !== 'string' || scope.length > LONGEST_SCOPES) return undefined;
  const granted = writeScopes(readScopes(scope.replace(/,/g, ' ')));
  // A token must never be lost for what is said beside it.
  return granted === '' ? undefined : granted;
}

/** Scopes that were held and are no longer. */
export function lostScopes(before: string, after: string): string[] {
  const held = new Set(readScopes(after));
  return readScopes(before).filter((scope) => !held.has(scope));
}

/** When the scheduler comes back: ahead of expiry if in use, else to keep the grant alive, else never. */
export function nextDueAt(
  result: TokenResult,
  row: Pick<ConnectionRow, 'used_version' | 'token_version'>,
  options: { profile: ProviderProfile; needsPerson: boolean; policy: RenewalPolicy; now: number },
): number | null {
  // Not before its end: until then it serves.
  if (result.tokens.ends === true) return result.expiresAt;
  const inUse = options.policy.renew === 'always' || row.used_version >= row.token_version;
  if (inUse) return Math.floor(result.expiresAt - scheduleAheadMs(result.lifeMs));
  if (!options.needsPerson || result.tokens.refreshToken === undefined) return null;
  const keepAlive = (options.profile.keepAliveSeconds ?? DAY_SECONDS) * 1_000;
  return Math.floor(options.now + keepAlive * (1 - 0.1 * Math.random()));
}
