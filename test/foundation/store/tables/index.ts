import type { ColumnTypes } from './columns.js';
import { authorizationRequestEntity } from './authorization-request.entity.js';
import { CircuitEntity } from './circuit.entity.js';
import { connectionEntity } from './connection.entity.js';
import { deliveryEntity } from './delivery.entity.js';
import { DeploymentEntity } from './deployment.entity.js';
import { EventEntity } from './event.entity.js';
import { jobEntity } from './job.entity.js';
import { StoreEntity } from './store.entity.js';
import { webhookSecretEntity } from './webhook-secret.entity.js';

/** What the tables hold, column by column; the migrations must lead to just that. */
export const tables = (types: ColumnTypes) => [
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
