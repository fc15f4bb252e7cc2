import { EntitySchema } from 'typeorm';
import { instant, text } from './columns.js';
import type { ColumnTypes } from './columns.js';

/** One pending install. Found by the hash of its state, used once, kept for a day. */
export const authorizationRequestEntity = (types: ColumnTypes) =>
  new EntitySchema({
    name: 'FlockAuthorizationRequest',
    tableName: 'flock_authorization_request',
    columns: {
      id: {
        ...text(64),
        primary: true,
        primaryKeyConstraintName: 'flock_authorization_request_pk',
      },
      provider: text(64),
      app: text(64),
      environment: text(64),
      binding_hash: text(64),
      host_user: { ...text(190), nullable: true },
      owner: { ...text(190), nullable: true },
      /** Sealed: what the host carries through the flow, the return path, what was asked for. */
      context: { type: types.bytes },
      created_at: instant,
      expires_at: instant,
      consumed_at: { ...instant, nullable: true },
      /** `finished`, or the code of the refusal. */
      outcome: { ...text(64), nullable: true },
    },
    indices: [{ name: 'flock_authorization_request_expires', columns: ['expires_at'] }],
  });
