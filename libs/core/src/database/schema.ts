import type { BinaryType } from './entities/columns.js';
import { authorizationRequestEntity } from './entities/authorization-request.entity.js';
import { CircuitEntity } from './entities/circuit.entity.js';
import { connectionEntity } from './entities/connection.entity.js';
import { EventEntity } from './entities/event.entity.js';
import { FlockInitial1763600000000 } from './migrations/1763600000000-flock-initial.js';
import { FlockServerUrl1764000000000 } from './migrations/1764000000000-flock-server-url.js';

export const entities = (binary: BinaryType) => [
  connectionEntity(binary),
  authorizationRequestEntity(binary),
  EventEntity,
  CircuitEntity,
];

/** In order; each must work beside the code of the release before it. */
export const MIGRATIONS = [FlockInitial1763600000000, FlockServerUrl1764000000000];
