import { EntitySchema } from 'typeorm';
import { instant, text } from './columns.js';
import type { ColumnTypes } from './columns.js';

/** A secret that a provider signs its webhooks with, sealed. */
export const webhookSecretEntity = (types: ColumnTypes) =>
  new EntitySchema({
    name: 'FlockWebhookSecret',
    tableName: 'flock_webhook_secret',
    columns: {
      id: { ...text(36), primary: true, primaryKeyConstraintName: 'flock_webhook_secret_pk' },
      provider: text(64),
      app: text(64),
      /** Empty where the app has one for all. */
      tenant: text(190),
      secret: { type: types.bytes },
      created_at: instant,
      /** When a newer one replaced it and the overlap is over; null of the newest. */
      expires_at: { ...instant, nullable: true },
    },
    indices: [{ name: 'flock_webhook_secret_tenant', columns: ['provider', 'app', 'tenant'] }],
  });
