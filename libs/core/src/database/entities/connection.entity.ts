import { EntitySchema } from 'typeorm';
import { bytes, instant, integer, text } from './columns.js';
import type { BinaryType } from './columns.js';

/** One (app, environment, account); see the words in docs/architecture.md. */
export const connectionEntity = (binary: BinaryType) =>
  new EntitySchema({
    name: 'FlockConnection',
    tableName: 'flock_connection',
    columns: {
      id: { ...text(36), primary: true, primaryKeyConstraintName: 'flock_connection_pk' },
      provider: text(64),
      app: text(64),
      environment: text(64),
      account: text(190),
      merchant: { ...text(190), nullable: true },
      install: { ...text(190), nullable: true },
      owner: { ...text(190), nullable: true },
      /** A newer grant of the same key replaces this connection. */
      supersede_key: { ...text(400), nullable: true },
      scopes: { type: 'text' },
      status: text(32),
      status_reason: { ...text(64), nullable: true },
      generation: integer(1),
      token_version: integer(0),
      session_epoch: integer(0),
      token_set: { ...bytes(binary), nullable: true },
      credential: { ...bytes(binary), nullable: true },
      /** The account's own server, where it was registered with one. */
      server_url: { ...text(400), nullable: true },
      /** The attempt that stored the present token set. */
      attempt_id: { ...text(36), nullable: true },
      installed_at: instant,
      refreshed_at: { ...instant, nullable: true },
      expires_at: { ...instant, nullable: true },
      /** When the scheduler looks at it next; null costs nothing. */
      due_at: { ...instant, nullable: true },
      /** The token version that somebody last asked for. */
      used_version: integer(-1),
      /** The claim: who may spend `claim_version` until when. Kept until its end is recorded. */
      claim_id: { ...text(36), nullable: true },
      claim_owner: { ...text(190), nullable: true },
      claim_until: { ...instant, nullable: true },
      claim_version: { type: 'integer', nullable: true },
      /** Attempts on the present token version whose outcome nobody knows. */
      unknown_outcomes: integer(0),
      failures: integer(0),
      failure: { ...text(64), nullable: true },
      retry_at: { ...instant, nullable: true },
      /** By the provider's clock: the install, and the last word on the scopes. */
      provider_time: { ...instant, nullable: true },
      scopes_at: { ...instant, nullable: true },
      /** Moves with what withdraws or replaces; the change feed reads by it. */
      changed_at: instant,
    },
    indices: [
      {
        name: 'flock_connection_account',
        unique: true,
        columns: ['provider', 'app', 'environment', 'account'],
      },
      { name: 'flock_connection_owner', columns: ['owner'] },
      { name: 'flock_connection_merchant', columns: ['merchant'] },
      { name: 'flock_connection_install', columns: ['install'] },
      { name: 'flock_connection_due', columns: ['due_at'] },
      { name: 'flock_connection_changed', columns: ['changed_at'] },
    ],
  });
