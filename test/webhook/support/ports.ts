import type { FlockOptions } from '@nest-flock/core';

export { freePort } from '../../support/host.js';

/** Short times for deliveries: what is retried, is retried at once. */
export const databaseOptions: FlockOptions = {
  deliveries: { retryBaseMs: 20, retryCapMs: 100, leaseMs: 2_000 },
};
