import type { ProviderProfile } from '@nest-flock/core/provider';

/**
 * A refresh answer carries a new refresh token; whether the old one ends is not documented, so the
 * cautious reading holds. The contract calls 900 s frequent, the Authorization page shows 3600: the
 * shorter one holds where an answer says nothing.
 */
export const FLUTE_PROFILE: ProviderProfile = {
  rotates: true,
  grace: { kind: 'unknown' },
  reuseDetection: 'unknown',
  defaultLifetimeSeconds: 900,
};
