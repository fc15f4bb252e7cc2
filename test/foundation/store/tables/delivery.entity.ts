import { EntitySchema } from 'typeorm';
import { instant, integer, text } from './columns.js';
import type { ColumnTypes } from './columns.js';

/** What is stored first and handled after: webhooks, our own events, tasks of the libraries. */
export const deliveryEntity = (types: ColumnTypes) =>
  new EntitySchema({
    name: 'FlockDelivery',
    tableName: 'flock_delivery',
    columns: {
      /** A hash of where it came from and of its event id: a duplicate has the same. */
      id: { ...text(64), primary: true, primaryKeyConstraintName: 'flock_delivery_pk' },
      /** `webhook`, `connection` or `task`. */
      source: text(16),
      provider: text(64),
      app: text(64),
      /** Whose webhook secret signed it, where tenants have their own. */
      tenant: { ...text(190), nullable: true },
      event_id: text(190),
      /** A hash of the signature, where the event id does not make the event: a copy has the same. */
      body_key: { ...text(64), nullable: true },
      type: text(190),
      connection_id: { ...text(36), nullable: true },
      /** By the provider's clock. */
      occurred_at: { ...instant, nullable: true },
      received_at: instant,
      /** Sealed. */
      body: { type: types.bytes },
      /** Sealed: what was read of it at the door. */
      event: { type: types.bytes, nullable: true },
      /** `pending`, `done` or `dead`. */
      status: text(16),
      /** JSON: the state of each handler. */
      handlers: { type: types.longText, nullable: true },
      /** How often somebody has begun to handle it, without those that count as none. */
      attempts: integer(0),
      /** As `attempts`, but it never falls. */
      runs: integer(0),
      /** 0 goes before 1, whichever has been due for longer. */
      priority: integer(1),
      due_at: { ...instant, nullable: true },
      claim_id: { ...text(36), nullable: true },
      claim_until: { ...instant, nullable: true },
      finished_at: { ...instant, nullable: true },
    },
    indices: [
      { name: 'flock_delivery_body', unique: true, columns: ['body_key'] },
      { name: 'flock_delivery_next', columns: ['status', 'priority', 'due_at'] },
      { name: 'flock_delivery_received', columns: ['status', 'received_at'] },
    ],
  });
