import type { ProviderProfile } from '@nest-flock/core/provider';

/**
 * Refresh tokens rotate (install guide, step 6). Grace after a rotation, reuse detection and the life
 * of a refresh token are not documented, so the cautious reading holds.
 */
export const FLINT_PROFILE: ProviderProfile = {
  rotates: true,
  grace: { kind: 'unknown' },
  reuseDetection: 'unknown',
  defaultLifetimeSeconds: 3_600,
};
