import { Table } from 'typeorm';
import type { MigrationInterface, QueryRunner } from 'typeorm';
import { addColumns } from './add-columns.js';
import { createTable } from './create-table.js';
import { columnTypes, instant, key, nullable, text, whole } from './table-columns.js';

/** Webhooks: deliveries, their secrets, jobs; and the provider's own times of a connection. */
export class FlockDeliveries1764400000000 implements MigrationInterface {
  readonly name = 'FlockDeliveries1764400000000';

  async up(runner: QueryRunner): Promise<void> {
    const types = columnTypes(runner.dataSource.driver.options.type);

    await createTable(
      runner,
      new Table({
        name: 'flock_delivery',
        columns: [
          key('flock_delivery', 64),
          text('source', 16),
          text('provider', 64),
          text('app', 64),
          nullable(text('tenant', 190)),
          text('event_id', 190),
          nullable(text('body_key', 64)),
          text('type', 190),
          nullable(text('connection_id', 36)),
          nullable(instant('occurred_at')),
          instant('received_at'),
          { name: 'body', type: types.bytes },
          text('status', 16),
          { name: 'handlers', type: types.longText, isNullable: true },
          whole('attempts', 0),
          whole('runs', 0),
          nullable(instant('due_at')),
          nullable(text('claim_id', 36)),
          nullable(instant('claim_until')),
          nullable(instant('finished_at')),
        ],
        indices: [
          { name: 'flock_delivery_body', isUnique: true, columnNames: ['body_key'] },
          { name: 'flock_delivery_due', columnNames: ['status', 'due_at'] },
          { name: 'flock_delivery_received', columnNames: ['status', 'received_at'] },
        ],
      }),
    );
    if (types.bytes === 'bytea') {
      // Ciphertext does not compress; trying costs as much as sealing it.
      await runner.query('ALTER TABLE flock_delivery ALTER COLUMN body SET STORAGE EXTERNAL');
    }
    await createTable(
      runner,
      new Table({
        name: 'flock_webhook_secret',
        columns: [
          key('flock_webhook_secret', 36),
          text('provider', 64),
          text('app', 64),
          text('tenant', 190),
          { name: 'secret', type: types.bytes },
          instant('created_at'),
          nullable(instant('expires_at')),
        ],
        indices: [
          {
            name: 'flock_webhook_secret_tenant',
            columnNames: ['provider', 'app', 'tenant'],
          },
        ],
      }),
    );
    await createTable(
      runner,
      new Table({
        name: 'flock_job',
        columns: [
          key('flock_job', 190),
          instant('due_at'),
          nullable(text('claim_id', 36)),
          nullable(instant('claim_until')),
          { name: 'state', type: types.longText, isNullable: true },
        ],
      }),
    );
    await addColumns(runner, 'flock_connection', { provider_time: 'bigint', scopes_at: 'bigint' });
  }

  async down(runner: QueryRunner): Promise<void> {
    for (const name of ['scopes_at', 'provider_time']) {
      await runner.dropColumn('flock_connection', name);
    }
    for (const table of ['flock_job', 'flock_webhook_secret', 'flock_delivery']) {
      await runner.dropTable(table);
    }
  }
}
