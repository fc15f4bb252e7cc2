import { randomUUID } from 'node:crypto';
import { createRequire } from 'node:module';
import { join } from 'node:path';
import type { Connection } from '@nest-flock/core';
import { DATABASES, sqliteDatabase } from '../support/databases.js';
import { until } from '../support/poll.js';
import { seedConnections } from '../support/seed.js';
import { refreshCalls, startSuite } from '../support/suite.js';
import type { Suite } from '../support/suite.js';
import { startHostProcess } from './host-process.js';
import type { HostProcess } from './host-process.js';

const load = createRequire(join(process.cwd(), 'package.json'));
const SLOTS = 16;

const seedDue = async (suite: Suite, count: number) => {
  const grants = suite.sandbox.flint.issue({ count });
  const ids = await seedConnections(
    suite,
    grants,
    grants.map(() => randomUUID()),
  );
  suite.sandbox.reset();
  return ids;
};

describe.each(DATABASES)('SIGTERM in the middle of work on %s', (_, open) => {
  let suite: Suite;
  let stopping: HostProcess;

  beforeEach(async () => {
    suite = await startSuite(open, { flock: { background: false } });
    suite.sandbox.flint.settings.grace = { kind: 'none' };
  });
  afterEach(async () => {
    await stopping.stop();
    await suite.stop();
  });

  it('renewals, an exchange and a handler end and are stored; the process exits with 0 by itself', async () => {
    const gone: Connection = await suite.connect();
    const ids = await seedDue(suite, 30);
    stopping = await startHostProcess(suite, {
      handlers: true,
      flock: { background: true, renewal: { httpTimeoutMs: 10_000 } },
    });
    const renewals = suite.sandbox.faults.add({
      on: 'token.refresh',
      times: Infinity,
      fault: { kind: 'hold' },
    });
    const exchange = suite.sandbox.faults.add({ on: 'token.code', fault: { kind: 'hold' } });
    await stopping.ask('disconnect', { ref: gone.id });
    await stopping.said('handling');
    await suite.database.sql("UPDATE flock_connection SET due_at = 1 WHERE status = 'active'");
    const browser = stopping.browser();
    const page = await browser.open('/flint/install?mode=live');
    const callback = suite.sandbox.flint.approve(page.location as string, {
      merchant_id: 'mer_birch',
    });
    const answer = browser.open(callback);
    await exchange.reached;
    await until(() => renewals.waiting === SLOTS);

    stopping.signal('SIGTERM');
    await stopping.said('stopping');
    renewals.release();
    exchange.release();
    await stopping.ask('letHandlersEnd');
    expect(await stopping.exited).toBe(0);

    expect((await answer).status).toBe(303);
    const rows = await suite.database.sql(
      'SELECT id, token_version, claim_id, merchant, environment FROM flock_connection',
    );
    const seeded = rows.filter(({ id }) => ids.includes(String(id)));
    // Those in flight were stored, the others lie as they did.
    expect(seeded.filter(({ token_version }) => Number(token_version) === 2)).toHaveLength(SLOTS);
    expect(seeded.filter(({ token_version }) => Number(token_version) === 1)).toHaveLength(
      ids.length - SLOTS,
    );
    expect(rows.filter(({ claim_id }) => claim_id !== null)).toEqual([]);
    expect(
      rows.filter((row) => row.merchant === 'mer_birch' && row.environment === 'live'),
    ).toHaveLength(1);
    expect(
      await suite.database.sql("SELECT status FROM flock_delivery WHERE type = 'revoked'"),
    ).toEqual([{ status: 'done' }]);
    expect(refreshCalls(suite)).toHaveLength(SLOTS);
  });

  it('with a provider that never answers, the process ends by its own deadlines, every end recorded', async () => {
    await seedDue(suite, 5);
    stopping = await startHostProcess(suite, {
      flock: { background: true, renewal: { httpTimeoutMs: 500, storeBudgetMs: 10_000 } },
    });
    const hanging = suite.sandbox.faults.add({
      on: 'token.refresh',
      times: Infinity,
      fault: { kind: 'hang' },
    });
    await suite.database.sql('UPDATE flock_connection SET due_at = 1');
    await hanging.reached;
    stopping.signal('SIGTERM');
    expect(await stopping.exited).toBe(0);
    const rows = await suite.database.sql(
      'SELECT status, claim_id, failure, unknown_outcomes FROM flock_connection',
    );
    for (const row of rows) {
      expect(row).toMatchObject({ status: 'active', claim_id: null });
      if (row.failure !== null) expect(Number(row.unknown_outcomes)).toBeGreaterThan(0);
    }
    expect(rows.some(({ failure }) => failure === 'unknown_outcome')).toBe(true);
  });
});

describe('SIGTERM while connections are being claimed', () => {
  it('P28: what was claimed and not begun is given back, and another instance takes it at once', async () => {
    const suite = await startSuite(sqliteDatabase, { flock: { background: false } });
    await seedDue(suite, 10);
    const stopping = await startHostProcess(suite, { flock: { background: true } });
    // Another process holds the file: the claims wait for it.
    const Driver = load('better-sqlite3') as new (file: string) => {
      exec(sql: string): void;
      close(): void;
    };
    const holder = new Driver(suite.database.url.slice('sqlite:'.length));
    holder.exec('BEGIN IMMEDIATE');
    holder.exec('UPDATE flock_connection SET due_at = 1');
    await until(async () => (await stopping.ask('counts')).units > 0);
    stopping.signal('SIGTERM');
    await stopping.said('stopping');
    holder.exec('COMMIT');
    holder.close();
    expect(await stopping.exited).toBe(0);
    expect(refreshCalls(suite)).toEqual([]);
    const claims = await suite.database.sql(
      'SELECT id FROM flock_connection WHERE claim_id IS NOT NULL',
    );
    expect(claims).toEqual([]);
    await suite.another({ flock: { background: true } });
    await until(() => refreshCalls(suite).length === 10);
    const { overlaps, reuse } = suite.sandbox.flint.audit();
    expect([overlaps, reuse]).toEqual([0, 0]);
    await stopping.stop();
    await suite.stop();
  });
});
