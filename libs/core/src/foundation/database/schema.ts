import type { ColumnTypes } from './entities/columns.js';
import { authorizationRequestEntity } from './entities/authorization-request.entity.js';
import { CircuitEntity } from './entities/circuit.entity.js';
import { connectionEntity } from './entities/connection.entity.js';
import { deliveryEntity } from './entities/delivery.entity.js';
import { DeploymentEntity } from './entities/deployment.entity.js';
import { EventEntity } from './entities/event.entity.js';
import { jobEntity } from './entities/job.entity.js';
import { StoreEntity } from './entities/store.entity.js';
import { webhookSecretEntity } from './entities/webhook-secret.entity.js';
import { FlockInitial1763600000000 } from './migrations/1763600000000-flock-initial.js';
import { FlockServerUrl1764000000000 } from './migrations/1764000000000-flock-server-url.js';
import { FlockDeliveries1764400000000 } from './migrations/1764400000000-flock-deliveries.js';
import { FlockDeployment1764800000000 } from './migrations/1764800000000-flock-deployment.js';
import { FlockScale1764900000000 } from './migrations/1764900000000-flock-scale.js';

export const entities = (types: ColumnTypes) => [
  connectionEntity(types),
  authorizationRequestEntity(types),
  EventEntity,
  CircuitEntity,
  deliveryEntity(types),
  webhookSecretEntity(types),
  jobEntity(types),
  DeploymentEntity,
  StoreEntity,
];

/** In order; each must work beside the code of the release before it. */
export const MIGRATIONS = [
  FlockInitial1763600000000,
  FlockServerUrl1764000000000,
  FlockDeliveries1764400000000,
  FlockDeployment1764800000000,
  FlockScale1764900000000,
];
