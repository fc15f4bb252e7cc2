import { Logger } from '@nestjs/common';
import { randomUUID } from 'node:crypto';
import { DataSource } from 'typeorm';
import { END } from '../../../libs/core/src/connection/connection.statements.js';
import { Database } from '../../../libs/core/src/foundation/database/database.js';
import { openDialect } from '../../../libs/core/src/foundation/database/open-dialect.js';
import { MIGRATIONS } from '../../../libs/core/src/foundation/database/schema.js';
import { ALL_DATABASES } from '../../support/databases.js';
import type { TestDatabase } from '../../support/databases.js';
import { driftOf } from './drift.js';

/** As a release wrote it that knew only the first migration. */
const FIRST_INSERT = `INSERT INTO flock_connection
  (id, provider, app, environment, account, scopes, status, installed_at, changed_at)
  VALUES (?, 'p', 'p', 'e', ?, 'read', 'active', 1, 1)`;

describe.each(ALL_DATABASES)('migrations on %s', (name, open) => {
  let test: TestDatabase;
  const optionsOf = ({ url }: TestDatabase) => ({
    url,
    sqliteDriver: 'better-sqlite3' as const,
    poolSize: 4,
  });

  beforeEach(async () => {
    test = await open({ empty: true });
  });
  afterEach(async () => {
    jest.restoreAllMocks();
    await test.drop();
  });

  const opened = async (): Promise<Database> => {
    const database = new Database();
    await database.open(optionsOf(test), 'run');
    return database;
  };
  const migrated = async () => (await test.sql('SELECT name FROM flock_migrations')).length;

  const until = async (count: number): Promise<void> => {
    const dialect = await openDialect(optionsOf(test));
    const dataSource = await new DataSource({
      ...dialect.dataSourceOptions('migrate'),
      migrations: MIGRATIONS.slice(0, count),
    }).initialize();
    await dataSource.runMigrations({ transaction: 'all' });
    await dataSource.destroy();
  };

  const drift = () => driftOf(optionsOf(test));

  it.each(MIGRATIONS.slice(0, -1).map((one, index) => [new one().name, index + 1] as const))(
    'a store that ends with %s keeps its rows, and the release before works beside the new one',
    async (_last, count) => {
      await until(count);
      const [old, later] = [randomUUID(), randomUUID()];
      await test.sql(FIRST_INSERT, [old, 'before']);
      const database = await opened();
      expect(await migrated()).toBe(MIGRATIONS.length);
      expect(await drift()).toEqual([]);
      await test.sql(FIRST_INSERT, [later, 'after']);
      for (const id of [old, later]) {
        const row = await database.write(END, { id, generation: 1, reason: 'test' });
        expect(row).toMatchObject({ id, scopes: 'read', status: 'revoked' });
      }
      await database.close();
    },
  );

  it('ten that start at once migrate once', async () => {
    const databases = await Promise.all(Array.from({ length: 10 }, opened));
    expect(await migrated()).toBe(MIGRATIONS.length);
    for (const database of databases) await database.close();
  });

  if (name !== 'sqlite') {
    it('waits for a table that a backup reads, and holds up no reader for long', async () => {
      await until(1);
      const id = randomUUID();
      await test.sql(FIRST_INSERT, [id, 'kept']);
      await test.sql('BEGIN');
      await test.sql('SELECT id FROM flock_connection');
      const waits = new Promise<void>((resolve) => {
        jest.spyOn(Logger.prototype, 'warn').mockImplementation((text: string) => {
          if (text.includes('A migration waits')) resolve();
        });
      });
      let isOpen = false;
      const opening = opened().finally(() => (isOpen = true));
      await waits;
      const dialect = await openDialect(optionsOf(test));
      const reader = await new DataSource(dialect.dataSourceOptions('read')).initialize();
      // Several times as long as the migration stands in the queue.
      const giveUp = performance.now() + 8_000;
      while (performance.now() < giveUp)
        expect(await reader.query('SELECT id FROM flock_connection')).toEqual([{ id }]);
      await reader.destroy();
      expect(isOpen).toBe(false);
      await test.sql('COMMIT');
      await (await opening).close();
      expect(await migrated()).toBe(MIGRATIONS.length);
      expect(await drift()).toEqual([]);
    }, 60_000);
  }

  it('a migration that a crash cut short before it was recorded is run to its end', async () => {
    await (await opened()).close();
    // MariaDB commits each statement of a migration; elsewhere nothing of it would be there.
    if (name === 'sqlite' || name === 'postgres') return;
    const id = randomUUID();
    await test.sql(FIRST_INSERT, [id, 'kept']);
    await test.sql('DELETE FROM flock_migrations');
    await (await opened()).close();
    expect(await migrated()).toBe(MIGRATIONS.length);
    expect(await test.sql('SELECT id FROM flock_connection')).toEqual([{ id }]);
    expect(await drift()).toEqual([]);
  });
});
