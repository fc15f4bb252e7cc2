import { Table } from 'typeorm';
import type { MigrationInterface, QueryRunner, TableColumnOptions } from 'typeorm';
import { createTable } from './create-table.js';
import { columnTypes, instant, key, nullable, text, whole } from './table-columns.js';

/** The first schema. Never edited once released: a change is a new migration. */
export class FlockInitial1763600000000 implements MigrationInterface {
  readonly name = 'FlockInitial1763600000000';

  async up(runner: QueryRunner): Promise<void> {
    const types = columnTypes(runner.dataSource.driver.options.type);
    const bytes = (name: string): TableColumnOptions => ({ name, type: types.bytes });

    await createTable(
      runner,
      new Table({
        name: 'flock_connection',
        columns: [
          key('flock_connection', 36),
          text('provider', 64),
          text('app', 64),
          text('environment', 64),
          text('account', 190),
          nullable(text('merchant', 190)),
          nullable(text('install', 190)),
          nullable(text('owner', 190)),
          nullable(text('supersede_key', 400)),
          { name: 'scopes', type: types.longText },
          text('status', 32),
          nullable(text('status_reason', 64)),
          whole('generation', 1),
          whole('token_version', 0),
          whole('session_epoch', 0),
          nullable(bytes('token_set')),
          nullable(bytes('credential')),
          nullable(text('attempt_id', 36)),
          instant('installed_at'),
          nullable(instant('refreshed_at')),
          nullable(instant('expires_at')),
          nullable(instant('due_at')),
          whole('used_version', -1),
          nullable(text('claim_id', 36)),
          nullable(text('claim_owner', 190)),
          nullable(instant('claim_until')),
          { name: 'claim_version', type: 'integer', isNullable: true },
          whole('unknown_outcomes', 0),
          whole('failures', 0),
          nullable(text('failure', 64)),
          nullable(instant('retry_at')),
          instant('changed_at'),
        ],
        indices: [
          {
            name: 'flock_connection_account',
            isUnique: true,
            columnNames: ['provider', 'app', 'environment', 'account'],
          },
          { name: 'flock_connection_owner', columnNames: ['owner'] },
          { name: 'flock_connection_merchant', columnNames: ['merchant'] },
          { name: 'flock_connection_install', columnNames: ['install'] },
          { name: 'flock_connection_due', columnNames: ['due_at'] },
          { name: 'flock_connection_changed', columnNames: ['changed_at'] },
        ],
      }),
    );
    if (types.bytes === 'bytea') {
      // Room on each page, so that a claim stays on its page and touches no index.
      await runner.query('ALTER TABLE flock_connection SET (fillfactor = 50)');
      // Ciphertext does not compress; trying costs as much as sealing it.
      await runner.query(
        'ALTER TABLE flock_connection ALTER COLUMN token_set SET STORAGE EXTERNAL',
      );
    }
    await createTable(
      runner,
      new Table({
        name: 'flock_authorization_request',
        columns: [
          key('flock_authorization_request', 64),
          text('provider', 64),
          text('app', 64),
          text('environment', 64),
          text('binding_hash', 64),
          nullable(text('host_user', 190)),
          nullable(text('owner', 190)),
          bytes('context'),
          instant('created_at'),
          instant('expires_at'),
          nullable(instant('consumed_at')),
          nullable(text('outcome', 64)),
        ],
        indices: [{ name: 'flock_authorization_request_expires', columnNames: ['expires_at'] }],
      }),
    );
    await createTable(
      runner,
      new Table({
        name: 'flock_event',
        columns: [
          key('flock_event', 36),
          instant('at'),
          text('actor', 190),
          text('action', 64),
          text('outcome', 64),
          nullable(text('reason', 190)),
          nullable(text('provider', 64)),
          nullable(text('app', 64)),
          nullable(text('environment', 64)),
          nullable(text('connection_id', 36)),
          nullable(text('owner', 190)),
          nullable(text('attempt_id', 36)),
        ],
        indices: [
          { name: 'flock_event_at', columnNames: ['at'] },
          { name: 'flock_event_connection', columnNames: ['connection_id', 'at'] },
        ],
      }),
    );
    await createTable(
      runner,
      new Table({
        name: 'flock_circuit',
        columns: [
          key('flock_circuit', 64),
          text('kind', 16),
          text('provider', 64),
          text('app', 64),
          whole('failures', 0),
          whole('is_open', 0),
          nullable(instant('probe_at')),
          instant('changed_at'),
        ],
      }),
    );
  }

  async down(runner: QueryRunner): Promise<void> {
    for (const table of [
      'flock_circuit',
      'flock_event',
      'flock_authorization_request',
      'flock_connection',
    ]) {
      await runner.dropTable(table);
    }
  }
}
