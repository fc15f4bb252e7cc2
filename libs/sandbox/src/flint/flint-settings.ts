/** How long the refresh token that was just replaced may still be used. */
export type RotationGrace =
  /** Not at all. */
  | { readonly kind: 'none' }
  /** For a time after it was replaced. */
  | { readonly kind: 'seconds'; readonly seconds: number }
  /** Until its replacement, or the access token that came with it, is first used. */
  | { readonly kind: 'until_used' };

/** How the emulated provider behaves. Every field may be changed while it runs. */
export interface FlintSettings {
  /** Life of an access token. Default 3600. */
  accessTokenSeconds: number;
  /** Life of an authorization code. Default 60. */
  codeSeconds: number;
  /** Whether a refresh replaces the refresh token. Default true. */
  rotation: boolean;
  /** Default `{ kind: 'none' }`. */
  grace: RotationGrace;
  /** Whether using a replaced refresh token ends every token of its grant. Default true. */
  reuseDetection: boolean;
  /** Where the client must put its credentials on the token route. Default `basic`. Never two places at once. */
  clientAuthentication: 'basic' | 'body' | 'either';
  /** Whether a re-install in the same environment keeps the grant's id. Default true. A revoked grant never comes back. */
  reuseGrants: boolean;
  /** Spelling of the code in a 403. Default `insufficient_scope`. */
  insufficientScopeCode: 'insufficient_scope' | 'INSUFFICIENT_SCOPE';
  /** Scopes (space-separated) that new tokens get instead of the granted ones. */
  scopesOverride?: string;
  /** Flint's older webhook headers: none, beside the standard ones, or only they. Default `none`. */
  legacyHeaders: 'none' | 'also' | 'only';
  /** Form of merchants' events: with the app at the top, or with merchant and mode. Default `partner`. */
  envelope: 'partner' | 'merchant';
  /** Whether the answer to `POST …/webhook` carries the secret; not documented. Default true. */
  webhookSecretInAnswer: boolean;
  /** How long a rotated webhook secret signs along; not documented. Default 86400. */
  webhookOverlapSeconds: number;
  /** What a list of installs shows: all, none, or the older half. Default `whole`. */
  installsList: 'whole' | 'empty' | 'half';
  /** How far Flint's clock is ahead: in the `Date` of token answers and `created_at` of events. Default 0. */
  clockOffsetSeconds: number;
}

export const FLINT_DEFAULTS: Readonly<FlintSettings> = {
  accessTokenSeconds: 3600,
  codeSeconds: 60,
  rotation: true,
  grace: { kind: 'none' },
  reuseDetection: true,
  clientAuthentication: 'basic',
  reuseGrants: true,
  insufficientScopeCode: 'insufficient_scope',
  legacyHeaders: 'none',
  envelope: 'partner',
  webhookSecretInAnswer: true,
  webhookOverlapSeconds: 86_400,
  installsList: 'whole',
  clockOffsetSeconds: 0,
};
