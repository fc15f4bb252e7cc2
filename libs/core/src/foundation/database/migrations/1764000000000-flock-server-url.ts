import type { MigrationInterface, QueryRunner } from 'typeorm';
import { addColumns } from './add-columns.js';

/** Accounts may have a server of their own. Nullable, so that the release before works beside it. */
export class FlockServerUrl1764000000000 implements MigrationInterface {
  readonly name = 'FlockServerUrl1764000000000';

  async up(runner: QueryRunner): Promise<void> {
    await addColumns(runner, 'flock_connection', { server_url: 'varchar(400)' });
  }

  async down(runner: QueryRunner): Promise<void> {
    await runner.dropColumn('flock_connection', 'server_url');
  }
}
