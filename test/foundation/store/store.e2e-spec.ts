import { randomUUID } from 'node:crypto';
import { createRequire } from 'node:module';
import { join } from 'node:path';
import { DataSource } from 'typeorm';
import { Database } from '../../../libs/core/src/foundation/database/database.js';
import { openDialect } from '../../../libs/core/src/foundation/database/open-dialect.js';
import { END } from '../../../libs/core/src/connection/connection.statements.js';
import { ALL_DATABASES } from '../../support/databases.js';
import type { TestDatabase } from '../../support/databases.js';
import { driftOf } from './drift.js';

const load = createRequire(join(process.cwd(), 'package.json'));

describe.each(ALL_DATABASES)('the store on %s', (name, open) => {
  let test: TestDatabase;
  let database: Database;
  const options = () => ({ url: test.url, sqliteDriver: 'better-sqlite3' as const, poolSize: 5 });

  beforeEach(async () => {
    test = await open();
    database = new Database();
    await database.open(options(), 'run');
  });
  afterEach(async () => {
    await database.close();
    await test.drop();
  });

  const insert = async (account: string = randomUUID()) => {
    const id = randomUUID();
    await database.run((transaction) =>
      transaction.execute(
        `INSERT INTO flock_connection (id, provider, app, environment, account, scopes, status, installed_at, changed_at)
         VALUES (:id, 'p', 'p', 'e', :account, '', 'active', {now}, {now})`,
        { id, account },
      ),
    );
    return id;
  };
  const count = async () =>
    Number((await test.sql('SELECT COUNT(*) AS n FROM flock_connection'))[0]?.n);

  it('the shipped migrations lead to the tables as they are written down', async () => {
    expect(await driftOf(options())).toEqual([]);
  });

  it('P6: migrations: "check" refuses old tables and accepts new ones', async () => {
    const fresh = await open({ empty: true });
    const other = new Database();
    await expect(other.open({ ...options(), url: fresh.url }, 'check')).rejects.toThrow(
      'behind this release',
    );
    await expect(other.open(options(), 'check')).resolves.toBeUndefined();
    await other.close();
    await fresh.drop();
  });

  it('units that overlap do not lose one another’s writes', async () => {
    const outcomes = await Promise.allSettled(
      Array.from({ length: 60 }, async (_, index) => {
        await database.run(async (transaction) => {
          await transaction.execute(
            `INSERT INTO flock_connection (id, provider, app, environment, account, scopes, status, installed_at, changed_at)
             VALUES (:id, 'p', 'p', 'e', :account, '', 'active', {now}, {now})`,
            { id: randomUUID(), account: `a${index}` },
          );
          await new Promise(setImmediate);
          if (index % 3 === 0) throw new Error('undo');
        });
      }),
    );
    expect(outcomes.filter(({ status }) => status === 'fulfilled')).toHaveLength(40);
    expect(await count()).toBe(40);
  });

  it('P31: grouped statements each learn their own result, at most a hundred a commit', async () => {
    const ids = await Promise.all(Array.from({ length: 250 }, () => insert()));
    const results = await Promise.all(
      ids.map((id, index) =>
        database.write(END, {
          id,
          generation: index % 2 === 0 ? 1 : 7,
          reason: 'test',
        }),
      ),
    );
    expect(results.map((row) => row !== undefined)).toEqual(ids.map((_, index) => index % 2 === 0));
    const [row] = await test.sql(
      "SELECT COUNT(*) AS n FROM flock_connection WHERE status = 'revoked'",
    );
    expect(Number(row?.n)).toBe(125);
    if (name !== 'postgres') return;
    // PostgreSQL keeps of each row which transaction wrote it. Every other one of a group was changed.
    const commits = await test.sql(
      "SELECT COUNT(*) AS n FROM flock_connection WHERE status = 'revoked' GROUP BY xmin",
    );
    expect(commits.map(({ n }) => Number(n)).sort((a, b) => a - b)).toEqual([25, 50, 50]);
  });

  it('of many conditional writes to one row only one gets it', async () => {
    const id = await insert();
    const results = await Promise.all(
      Array.from({ length: 50 }, () => database.write(END, { id, generation: 1, reason: 'test' })),
    );
    expect(results.filter((row) => row !== undefined)).toHaveLength(1);
  });

  it('P31: a statement of a group that fails spoils only itself', async () => {
    // SQLite knows no limit for varchar, so something else refuses it there.
    if (name === 'sqlite') {
      await test.sql(`CREATE TRIGGER refuse BEFORE UPDATE OF status_reason ON flock_connection
        WHEN length(NEW.status_reason) > 1000 BEGIN SELECT RAISE(ABORT, 'too long'); END`);
    }
    const ids = await Promise.all(Array.from({ length: 20 }, () => insert()));
    const results = await Promise.allSettled(
      ids.map((id, index) =>
        database.write(END, {
          id,
          generation: 1,
          reason: index === 7 ? 'x'.repeat(10_000) : 'fine',
        }),
      ),
    );
    expect(results.map(({ status }) => status)).toEqual(
      ids.map((_, index) => (index === 7 ? 'rejected' : 'fulfilled')),
    );
    const stored = await test.sql(
      "SELECT id FROM flock_connection WHERE status = 'revoked' AND status_reason = 'fine'",
    );
    expect(stored).toHaveLength(19);
  });

  it('a unit that takes longer than 5 s is undone', async () => {
    jest.useFakeTimers({
      doNotFake: ['setImmediate', 'nextTick', 'performance', 'queueMicrotask'],
    });
    try {
      const work = database.run(async (transaction) => {
        await transaction.execute("DELETE FROM flock_connection WHERE id = 'none'");
        jest.advanceTimersByTime(6_000);
        await transaction.execute("DELETE FROM flock_connection WHERE id = 'none'");
      });
      await expect(work).rejects.toThrow('outside its unit of work');
    } finally {
      jest.useRealTimers();
    }
    expect(await count()).toBe(0);
  });

  if (name === 'sqlite') {
    it('another process that holds the file delays a write; the event loop goes on meanwhile', async () => {
      const Driver = load('better-sqlite3') as new (file: string) => {
        exec(sql: string): void;
        close(): void;
      };
      const holder = new Driver(test.url.slice('sqlite:'.length));
      holder.exec('BEGIN IMMEDIATE');
      let ticks = 0;
      const timer = setInterval(() => (ticks += 1), 5);
      const id = insert();
      while (ticks < 20) await new Promise(setImmediate);
      holder.exec('COMMIT');
      holder.close();
      await id;
      clearInterval(timer);
      expect(await count()).toBe(1);
    });

    it('every commit is on disk before it counts', async () => {
      const dialect = await openDialect(options());
      const dataSource = await new DataSource(dialect.dataSourceOptions('write')).initialize();
      expect(await dataSource.query('PRAGMA synchronous')).toEqual([{ synchronous: 2 }]);
      expect(await dataSource.query('PRAGMA journal_mode')).toEqual([{ journal_mode: 'wal' }]);
      await dataSource.destroy();
    });
  }
});
