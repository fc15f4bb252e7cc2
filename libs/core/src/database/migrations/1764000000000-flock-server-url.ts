import { TableColumn } from 'typeorm';
import type { MigrationInterface, QueryRunner } from 'typeorm';

/** Accounts may have a server of their own. Nullable, so that the release before works beside it. */
export class FlockServerUrl1764000000000 implements MigrationInterface {
  readonly name = 'FlockServerUrl1764000000000';

  async up(runner: QueryRunner): Promise<void> {
    await runner.addColumn(
      'flock_connection',
      new TableColumn({ name: 'server_url', type: 'varchar', length: '400', isNullable: true }),
    );
  }

  async down(runner: QueryRunner): Promise<void> {
    await runner.dropColumn('flock_connection', 'server_url');
  }
}
