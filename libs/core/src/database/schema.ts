import type { BinaryType } from './entities/columns.js';
import { authorizationRequestEntity } from './entities/authorization-request.entity.js';
import { CircuitEntity } from './entities/circuit.entity.js';
import { connectionEntity } from './entities/connection.entity.js';
import { deliveryEntity } from './entities/delivery.entity.js';
import { EventEntity } from './entities/event.entity.js';
import { JobEntity } from './entities/job.entity.js';
import { webhookSecretEntity } from './entities/webhook-secret.entity.js';
import { FlockInitial1763600000000 } from './migrations/1763600000000-flock-initial.js';
import { FlockServerUrl1764000000000 } from './migrations/1764000000000-flock-server-url.js';
import { FlockDeliveries1764400000000 } from './migrations/1764400000000-flock-deliveries.js';

export const entities = (binary: BinaryType) => [
  connectionEntity(binary),
  authorizationRequestEntity(binary),
  EventEntity,
  CircuitEntity,
  deliveryEntity(binary),
  webhookSecretEntity(binary),
  JobEntity,
];

/** In order; each must work beside the code of the release before it. */
export const MIGRATIONS = [
  FlockInitial1763600000000,
  FlockServerUrl1764000000000,
  FlockDeliveries1764400000000,
];
