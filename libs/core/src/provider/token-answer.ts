import type { UnknownReason } from '../foundation/http/token-transport.js';

/** The fields of a successful token answer (RFC 6749 5.1) and whatever the provider adds. */
export type TokenAnswer = Readonly<Record<string, unknown>> & { readonly access_token: string };

/**
 * What one call to a token endpoint came to. `unknown` means that nobody can say whether the
 * provider acted: the token that was sent may be spent.
 */
export type TokenOutcome =
  | { readonly kind: 'granted'; readonly answer: TokenAnswer }
  /** The grant is dead: `invalid_grant`. */
  | { readonly kind: 'dead'; readonly error: string }
  /** Our own credential is wrong: `invalid_client`. */
  | { readonly kind: 'credential_rejected'; readonly error: string }
  /** A definite no that says nothing about the grant: a bad request, a scope, a policy. */
  | { readonly kind: 'refused'; readonly error: string }
  | { readonly kind: 'throttled'; readonly retryAfterSeconds?: number }
  /** The request never left: nothing was spent. */
  | { readonly kind: 'not_sent'; readonly reason: string }
  | {
      readonly kind: 'unknown';
      readonly reason: UnknownReason;
      readonly retryAfterSeconds?: number;
    };
