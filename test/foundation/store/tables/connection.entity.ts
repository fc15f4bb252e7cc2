import { EntitySchema } from 'typeorm';
import { instant, integer, text } from './columns.js';
import type { ColumnTypes } from './columns.js';

/** One (app, environment, account); see the words in docs/architecture.md. */
export const connectionEntity = (types: ColumnTypes) =>
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
      scopes: { type: types.longText },
      status: text(32),
      status_reason: { ...text(64), nullable: true },
      generation: integer(1),
      token_version: integer(0),
      session_epoch: integer(0),
      token_set: { type: types.bytes, nullable: true },
      credential: { type: types.bytes, nullable: true },
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
        // By the account first: it is what a look-up always names, and the provider's name divides little.
        name: 'flock_connection_key',
        unique: true,
        columns: ['account', 'provider', 'app', 'environment'],
      },
      { name: 'flock_connection_owner', columns: ['owner'] },
      { name: 'flock_connection_merchant', columns: ['merchant'] },
      { name: 'flock_connection_install', columns: ['install'] },
      {
        name: 'flock_connection_schedule',
        columns: ['provider', 'app', 'environment', 'due_at'],
      },
      {
        name: 'flock_connection_revocation',
        columns: ['status', 'due_at'],
        where: "status = 'revoked' AND due_at IS NOT NULL",
      },
      {
        name: 'flock_connection_ended',
        columns: ['status', 'id'],
        where: "status <> 'active'",
      },
      { name: 'flock_connection_changed', columns: ['changed_at'] },
    ],
  });
