import type { ProviderProfile } from '@nest-flock/core/provider';

/**
 * A renewal brings a refresh token again (authorization guide, step 4.3); whether the old one dies is
 * not documented, so the cautious reading holds. Answers without a lifetime have occurred.
 */
export const FYND_PROFILE: ProviderProfile = {
  rotates: true,
  grace: { kind: 'unknown' },
  reuseDetection: 'unknown',
  defaultLifetimeSeconds: 3_600,
};
