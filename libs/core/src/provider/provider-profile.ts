/** What is known of how a provider treats refresh tokens. Facts, with "unknown" where none is published. */
export interface ProviderProfile {
  /** A renewal replaces the refresh token. */
  readonly rotates: boolean;
  /** How long the replaced one still works. */
  readonly grace:
    | { readonly kind: 'none' | 'until_used' | 'unknown' }
    | { readonly kind: 'seconds'; readonly seconds: number };
  /** A second use of a replaced refresh token withdraws the whole grant. */
  readonly reuseDetection: boolean | 'unknown';
  /** Life of an access token when the answer gives none, or an absurd one; seconds. */
  readonly defaultLifetimeSeconds: number;
  /** A refresh token dies when unused for so long; seconds. */
  readonly inactivitySeconds?: number;
  /** An idle connection that needs a person is renewed this often; seconds, default 86,400. */
  readonly keepAliveSeconds?: number;
}

/** What holds where a definition says nothing: single use, no grace, an hour. */
export const CAUTIOUS_PROFILE: ProviderProfile = {
  rotates: true,
  grace: { kind: 'unknown' },
  reuseDetection: 'unknown',
  defaultLifetimeSeconds: 3_600,
};
