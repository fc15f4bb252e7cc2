import type { ProviderProfile } from '@nest-flock/core/provider';

/**
 * Tokens live 30 minutes by default (Authorization page), which holds where the answer has no
 * `expires_in`. There is no refresh token: a renewal is the same request again.
 */
export const FLEX_PAY_PROFILE: ProviderProfile = {
  rotates: false,
  grace: { kind: 'unknown' },
  reuseDetection: 'unknown',
  defaultLifetimeSeconds: 1_800,
};
