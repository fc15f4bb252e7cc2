import { randomUUID } from 'node:crypto';
import { Table } from 'typeorm';
import type { MigrationInterface, QueryRunner } from 'typeorm';
import { createTable } from './create-table.js';
import { instant, key, nullable, text } from './table-columns.js';

/** Whose store this is, and which. Tables of their own: the release before does not know them and goes on. */
export class FlockDeployment1764800000000 implements MigrationInterface {
  readonly name = 'FlockDeployment1764800000000';

  async up(runner: QueryRunner): Promise<void> {
    await createTable(
      runner,
      new Table({
        name: 'flock_deployment',
        columns: [
          key('flock_deployment', 16),
          text('name', 64),
          instant('adopted_at'),
          nullable(instant('restored_at')),
        ],
      }),
    );
    await createTable(
      runner,
      new Table({ name: 'flock_store', columns: [key('flock_store', 36)] }),
    );
    const named = (await runner.query('SELECT id FROM flock_store')) as unknown[];
    if (named.length > 0) return;
    await runner.query(`INSERT INTO flock_store (id) VALUES ('${randomUUID()}')`);
  }

  async down(runner: QueryRunner): Promise<void> {
    await runner.dropTable('flock_store');
    await runner.dropTable('flock_deployment');
  }
}
