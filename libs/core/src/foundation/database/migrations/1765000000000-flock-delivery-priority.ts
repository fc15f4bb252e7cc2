import type { MigrationInterface, QueryRunner } from 'typeorm';
import { addColumns } from './add-columns.js';
import { replaceIndexes } from './replace-indexes.js';
import { columnTypes } from './table-columns.js';
import type { Index } from './replace-indexes.js';

const NEW: readonly Index[] = [
  { name: 'flock_delivery_next', columns: 'status, priority, due_at' },
];
const OLD: readonly Index[] = [{ name: 'flock_delivery_due', columns: 'status, due_at' }];

/**
 * Deliveries that end a connection go first by a column of its own, and what was read of an event is
 * kept beside its body. The release before works beside it: what it stores takes its turn by its time,
 * which lies a day ahead of the others for these, and what it stores without an event is read anew.
 *
 * On PostgreSQL the table is locked while its index is built. Whoever cannot have that runs these before:
 * `ALTER TABLE flock_delivery ADD COLUMN priority integer DEFAULT (1) NOT NULL`, then `CREATE INDEX
 * CONCURRENTLY flock_delivery_next ON flock_delivery (status, priority, due_at)`.
 */
export class FlockDeliveryPriority1765000000000 implements MigrationInterface {
  readonly name = 'FlockDeliveryPriority1765000000000';

  async up(runner: QueryRunner): Promise<void> {
    const { bytes } = columnTypes(runner.dataSource.driver.options.type);
    await addColumns(runner, 'flock_delivery', {
      priority: 'integer DEFAULT 1 NOT NULL',
      event: bytes,
    });
    await replaceIndexes(runner, 'flock_delivery', NEW, OLD);
  }

  async down(runner: QueryRunner): Promise<void> {
    await replaceIndexes(runner, 'flock_delivery', OLD, NEW);
    for (const name of ['event', 'priority']) await runner.dropColumn('flock_delivery', name);
  }
}
