import { FlockInitial1763600000000 } from './migrations/1763600000000-flock-initial.js';
import { FlockServerUrl1764000000000 } from './migrations/1764000000000-flock-server-url.js';
import { FlockDeliveries1764400000000 } from './migrations/1764400000000-flock-deliveries.js';
import { FlockDeployment1764800000000 } from './migrations/1764800000000-flock-deployment.js';
import { FlockScale1764900000000 } from './migrations/1764900000000-flock-scale.js';
import { FlockDeliveryPriority1765000000000 } from './migrations/1765000000000-flock-delivery-priority.js';

/** In order; each must work beside the code of the release before it. */
export const MIGRATIONS = [
  FlockInitial1763600000000,
  FlockServerUrl1764000000000,
  FlockDeliveries1764400000000,
  FlockDeployment1764800000000,
  FlockScale1764900000000,
  FlockDeliveryPriority1765000000000,
];
