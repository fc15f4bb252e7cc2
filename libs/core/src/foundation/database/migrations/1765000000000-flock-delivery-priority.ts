import type { MigrationInterface, QueryRunner } from 'typeorm';
import { addColumns } from './add-columns.js';
import { replaceIndexes } from './replace-indexes.js';
import type { Index } from './replace-indexes.js';

const NEW: readonly Index[] = [
  { name: 'flock_delivery_next', columns: 'status, priority, due_at' },
];
const OLD: readonly Index[] = [{ name: 'flock_delivery_due', columns: 'status, due_at' }];

/**
 * Deliveries that end a connection go first by a column of its own. The release before works beside
 * it: what it stores takes its turn by its time, which lies a day ahead of the others for these.
 */
export class FlockDeliveryPriority1765000000000 implements MigrationInterface {
  readonly name = 'FlockDeliveryPriority1765000000000';

  async up(runner: QueryRunner): Promise<void> {
    await addColumns(runner, 'flock_delivery', { priority: 'integer DEFAULT 1 NOT NULL' });
    await replaceIndexes(runner, 'flock_delivery', NEW, OLD);
  }

  async down(runner: QueryRunner): Promise<void> {
    await replaceIndexes(runner, 'flock_delivery', OLD, NEW);
    await runner.dropColumn('flock_delivery', 'priority');
  }
}
