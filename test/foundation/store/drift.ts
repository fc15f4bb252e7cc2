import { DataSource } from 'typeorm';
import { openDialect } from '../../../libs/core/src/foundation/database/open-dialect.js';
import type { DatabaseOptions } from '../../../libs/core/src/foundation/database/open-dialect.js';
import { columnTypes } from '../../../libs/core/src/foundation/database/migrations/table-columns.js';
import { tables } from './tables/index.js';

/** The statements that would make the store what the tables say; none where the migrations led there. */
export async function driftOf(options: DatabaseOptions): Promise<string[]> {
  const dialect = await openDialect(options);
  const migrating = dialect.dataSourceOptions('migrate');
  const dataSource = await new DataSource({
    ...migrating,
    entities: tables(columnTypes(migrating.type)),
  }).initialize();
  const { upQueries } = await dataSource.driver.createSchemaBuilder().log();
  await dataSource.destroy();
  return upQueries.map(({ query }) => query);
}
