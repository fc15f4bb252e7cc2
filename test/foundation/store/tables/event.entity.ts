import { EntitySchema } from 'typeorm';
import { instant, text } from './columns.js';

/** The audit trail: who did what to which connection, and why. Never a secret. */
export const EventEntity = new EntitySchema({
  name: 'FlockEvent',
  tableName: 'flock_event',
  columns: {
    id: { ...text(36), primary: true, primaryKeyConstraintName: 'flock_event_pk' },
    at: instant,
    actor: text(190),
    action: text(64),
    outcome: text(64),
    reason: { ...text(190), nullable: true },
    provider: { ...text(64), nullable: true },
    app: { ...text(64), nullable: true },
    environment: { ...text(64), nullable: true },
    connection_id: { ...text(36), nullable: true },
    owner: { ...text(190), nullable: true },
    attempt_id: { ...text(36), nullable: true },
  },
  indices: [
    { name: 'flock_event_at', columns: ['at'] },
    { name: 'flock_event_connection', columns: ['connection_id', 'at'] },
  ],
});
