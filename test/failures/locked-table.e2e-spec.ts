import { DeliveryService } from '@nest-flock/core';
import type { RenewalPolicy } from '@nest-flock/core';
import type BetterSqlite3 from 'better-sqlite3';
import { randomUUID } from 'node:crypto';
import { createRequire } from 'node:module';
import { join } from 'node:path';
import { setTimeout as wait } from 'node:timers/promises';
import { ALL_DATABASES } from '../support/databases.js';
import { until } from '../support/poll.js';
import { rescueFiles } from '../support/rescue-files.js';
import { seedConnections } from '../support/seed.js';
import { refreshCalls, startSuite } from '../support/suite.js';
import type { Suite } from '../support/suite.js';

/** Only bounds a failing test. */
const LIMIT = 120_000;
const RENEWALS = 20;

describe.each(ALL_DATABASES)('somebody else locks a table: %s', (_name, open) => {
  let suite: Suite;
  let unlock: () => Promise<unknown>;

  const begin = async (renewal: Partial<RenewalPolicy>) => {
    suite = await startSuite(open, { flock: { background: false, renewal } });
    suite.sandbox.flint.settings.grace = { kind: 'none' };
  };
  beforeEach(() => {
    unlock = async () => undefined;
  });
  afterEach(async () => {
    await unlock();
    await suite.stop();
  });

  /** As an index build or a backup does: reads go on, but for `everything`. */
  const lock = async (table: string, everything = false): Promise<void> => {
    const { database } = suite;
    if (database.name === 'postgres') {
      await database.sql('BEGIN');
      await database.sql(
        `LOCK TABLE ${table} IN ${everything ? 'ACCESS EXCLUSIVE' : 'SHARE'} MODE`,
      );
      unlock = () => database.sql('ROLLBACK');
    } else if (database.name === 'mariadb') {
      await database.sql(`LOCK TABLES ${table} ${everything ? 'WRITE' : 'READ'}`);
      unlock = () => database.sql('UNLOCK TABLES');
    } else {
      const Driver = createRequire(join(process.cwd(), 'package.json'))(
        'better-sqlite3',
      ) as typeof BetterSqlite3;
      const connection = new Driver(database.url.slice('sqlite:'.length), { timeout: 10_000 });
      connection.exec('BEGIN IMMEDIATE');
      unlock = async () => connection.close();
    }
  };

  it(
    'F4, P31: results that share a commit are on disk together, not one after the other',
    async () => {
      await begin({ storeBudgetMs: 500, httpTimeoutMs: 30_000 });
      const grants = suite.sandbox.flint.issue({ count: RENEWALS });
      const attempts = grants.map(() => randomUUID());
      const ids = await seedConnections(suite, grants, attempts);
      const tokens = await Promise.all(ids.map((id) => suite.tokens.getAccessToken(id)));
      const held = suite.sandbox.faults.add({
        on: 'token.refresh',
        times: RENEWALS,
        fault: { kind: 'hold' },
      });
      const callers = ids.map((id, index) =>
        suite.tokens
          .getAccessToken(id, { rejected: tokens[index] as string })
          .catch(() => undefined),
      );
      await until(() => held.waiting === RENEWALS);
      await lock('flock_connection');
      held.release();
      // Each waits seconds for the lock: in line they would take minutes.
      await until(() => rescueFiles(suite.database).length === RENEWALS);
      await unlock();
      unlock = async () => undefined;
      await Promise.all(callers);
      await until(() => rescueFiles(suite.database).length === 0);
      const rows = await suite.database.sql('SELECT status, token_version FROM flock_connection');
      expect(rows.map((row) => [row.status, Number(row.token_version)])).toEqual(
        ids.map(() => ['active', 2]),
      );
      expect(refreshCalls(suite)).toHaveLength(RENEWALS);
    },
    LIMIT,
  );

  it(
    'F1: reads that are refused all the time do not keep a dead instance’s claim',
    async () => {
      await begin({ rescueGraceMs: 300 });
      const { id } = await suite.connect();
      const token = await suite.tokens.getAccessToken(id);
      await suite.database.sql(
        "UPDATE flock_connection SET claim_id = 'gone', claim_owner = 'gone', claim_until = installed_at, claim_version = token_version",
      );
      // SQLite reads whatever is locked.
      if (suite.database.name !== 'sqlite') await lock('flock_delivery', true);
      const deliveries = suite.host.app.get(DeliveryService);
      let refused = 0;
      let over = false;
      const reading = (async () => {
        const reads: Promise<unknown>[] = [];
        while (!over) {
          reads.push(deliveries.backlog().catch(() => (refused += 1)));
          await wait(800);
        }
        await Promise.all(reads);
      })();
      if (suite.database.name !== 'sqlite') await until(() => refused > 1);
      const renewed = await until(() =>
        suite.tokens.getAccessToken(id, { rejected: token }).catch(() => undefined),
      );
      expect(renewed).not.toBe(token);
      over = true;
      await unlock();
      unlock = async () => undefined;
      await reading;
      expect(await suite.row(id)).toMatchObject({ status: 'active', claim_id: null });
    },
    LIMIT,
  );
});
