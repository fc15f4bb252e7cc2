import { TokenService } from '@nest-flock/core';
import type { Connection } from '@nest-flock/core';
import { Database } from '../libs/core/src/database/database.js';
import { DATABASES } from './support/databases.js';
import type { Host } from './support/host.js';
import { failureOf, until } from './support/poll.js';
import { seedConnections } from './support/seed.js';
import { refreshCalls, startSuite } from './support/suite.js';
import type { Suite } from './support/suite.js';

describe.each(DATABASES)('tokens on %s', (_name, open) => {
  let suite: Suite;
  let connection: Connection;

  beforeEach(async () => {
    suite = await startSuite(open, { flock: { background: false } });
    connection = await suite.connect();
  });
  afterEach(() => suite.stop());

  it('P3: a cached token runs no SQL, by id and by ref', async () => {
    const refs = [
      connection.id,
      { id: connection.id },
      { provider: 'flint', account: connection.account },
      { provider: 'flint', environment: 'test', account: connection.account },
    ];
    for (const ref of refs) await suite.tokens.getAccessToken(ref);
    const database = suite.host.app.get(Database);
    // What the change feed reads each second is not on this path.
    const reads: string[] = [];
    const read = database.read.bind(database);
    database.read = (sql, parameters) => {
      if (!sql.includes('changed_at >') && !sql.includes('flock_circuit')) reads.push(sql);
      return read(sql, parameters);
    };
    const written = jest.spyOn(database, 'write');
    for (let round = 0; round < 1_000; round += 1) {
      for (const ref of refs) await suite.tokens.getAccessToken(ref);
    }
    expect(reads).toEqual([]);
    expect(written).not.toHaveBeenCalled();
  });

  it('misses that arrive together share one query', async () => {
    const grants = suite.sandbox.flint.issue({ count: 32 });
    const ids = await seedConnections(
      suite,
      grants,
      grants.map((_, index) => `00000000-0000-4000-8000-${String(index).padStart(12, '0')}`),
    );
    const fresh = await suite.another();
    const read = jest.spyOn(fresh.app.get(Database), 'read');
    await Promise.all(ids.map((id) => fresh.app.get(TokenService).getAccessToken(id)));
    expect(read.mock.calls.filter(([sql]) => sql.includes('token_set'))).toHaveLength(1);
  });

  it('a connection that was not found is looked for again once it is made', async () => {
    const ref = { provider: 'flint', environment: 'live', account: 'none' };
    for (let round = 0; round < 3; round += 1) {
      expect((await failureOf(suite.tokens.getAccessToken(ref))).code).toBe('not_connected');
    }
    const live = await suite.connect({ mode: 'live' });
    await expect(suite.tokens.getAccessToken({ ...ref, account: live.account })).resolves.toEqual(
      expect.any(String),
    );
  });

  it('P2: a token that is due is returned at once and renewed behind the caller', async () => {
    await suite.database.sql(
      'UPDATE flock_connection SET expires_at = expires_at - 3400000, refreshed_at = refreshed_at - 3400000 WHERE id = ?',
      [connection.id],
    );
    const fresh = await suite.another();
    const tokens = fresh.app.get(TokenService);
    const held = suite.sandbox.faults.add({ on: 'token.refresh', fault: { kind: 'hold' } });
    const first = await tokens.getAccessToken(connection.id);
    await held.reached;
    expect(await tokens.getAccessToken(connection.id)).toBe(first);
    held.release();
    await until(async () => (await tokens.getAccessToken(connection.id)) !== first);
    expect(refreshCalls(suite)).toHaveLength(1);
  });

  it('minValiditySeconds renews a token that would end too soon, and settles for the best there is', async () => {
    const first = await suite.tokens.getAccessToken(connection.id);
    expect(await suite.tokens.getAccessToken(connection.id, { minValiditySeconds: 3_000 })).toBe(
      first,
    );
    const second = await suite.tokens.getAccessToken(connection.id, { minValiditySeconds: 7_200 });
    expect(second).not.toBe(first);
    expect(refreshCalls(suite)).toHaveLength(1);
  });

  it('F20: the spend stop: after five unknown outcomes in a row only probes go out, until one is answered', async () => {
    suite.sandbox.flint.settings.grace = { kind: 'until_used' };
    const grants = suite.sandbox.flint.issue({ count: 20 });
    const ids = await seedConnections(
      suite,
      grants,
      grants.map((_, index) => `00000000-0000-4000-8000-${String(index).padStart(12, '0')}`),
    );
    suite.sandbox.faults.add({
      on: 'token.refresh',
      times: Infinity,
      fault: { kind: 'drop_after_commit' },
    });
    const seldom = { flock: { background: false, refresh: { probeIntervalMs: 60_000 } } };
    const both = [await suite.another(seldom), await suite.another(seldom)];
    const codes: unknown[] = [];
    for (const [index, id] of ids.entries()) {
      const tokens = (both[index % 2] as Host).app.get(TokenService);
      const rejected = await tokens.getAccessToken(id);
      codes.push((await failureOf(tokens.getAccessToken(id, { rejected }))).code);
    }
    expect(new Set(codes)).toEqual(new Set(['provider_unavailable']));
    // Two sends an attempt, five in a row: six calls at most, then only probes.
    expect(refreshCalls(suite).length).toBeLessThanOrEqual(10);
    const spent = new Set(
      refreshCalls(suite).map(({ environment_grant_id }) => environment_grant_id),
    );
    expect(spent.size).toBeLessThanOrEqual(6);
    expect(await suite.events()).toContainEqual(
      expect.objectContaining({ action: 'endpoint', outcome: 'stopped' }),
    );
    suite.sandbox.faults.clear();
    await suite.database.sql('UPDATE flock_circuit SET probe_at = 1');
    await suite.database.sql('UPDATE flock_connection SET retry_at = NULL');
    const id = ids.at(-1) as string;
    const rejected = await suite.tokens.getAccessToken(id);
    await until(() => suite.tokens.getAccessToken(id, { rejected }).catch(() => undefined));
    expect(await suite.database.sql('SELECT * FROM flock_circuit')).toEqual([]);
    for (const row of await suite.database.sql('SELECT status FROM flock_connection'))
      expect(row.status).toBe('active');
  });

  describe('the scheduler', () => {
    it('S33: renews what is in use ahead of its end, and lets the idle lie until its keep-alive', async () => {
      const idle = await suite.connect({ merchant: 'mer_birch' });
      await suite.tokens.getAccessToken(connection.id);
      await until(async () => Number((await suite.row(connection.id)).used_version) === 1);
      const used = await suite.row(connection.id);
      const hour = Number(used.expires_at) - Number(used.due_at);
      expect(hour).toBeGreaterThanOrEqual(300_000);
      expect(hour).toBeLessThanOrEqual(450_000);
      const rested = await suite.row(idle.id);
      expect(Number(rested.due_at) - Date.now()).toBeGreaterThan(20 * 3_600_000);
      // An hour later, by the database's clock.
      await suite.database.sql(
        'UPDATE flock_connection SET due_at = due_at - 3600000, expires_at = expires_at - 3600000',
      );
      const worker = await suite.another({ flock: { background: true } });
      await until(async () => Number((await suite.row(connection.id)).token_version) === 2);
      expect(refreshCalls(suite)).toHaveLength(1);
      // A day later the idle one is kept alive.
      await suite.database.sql('UPDATE flock_connection SET due_at = ? WHERE id = ?', [
        Date.now(),
        idle.id,
      ]);
      await until(async () => Number((await suite.row(idle.id)).token_version) === 2);
      expect(refreshCalls(suite)).toHaveLength(2);
      await worker.app.get(TokenService).getAccessToken(idle.id);
    });

    it('F30: drains a backlog, a bounded number at a time, and gives back what it holds at shutdown', async () => {
      const grants = suite.sandbox.flint.issue({ count: 60 });
      await seedConnections(
        suite,
        grants,
        grants.map((_, index) => `00000000-0000-4000-8000-${String(index).padStart(12, '0')}`),
      );
      await suite.database.sql('UPDATE flock_connection SET due_at = 1');
      const held = suite.sandbox.faults.add({
        on: 'token.refresh',
        times: 1_000,
        fault: { kind: 'hold' },
      });
      const worker = await suite.another({
        flock: { background: true, refresh: { httpTimeoutMs: 10_000 } },
      });
      await until(() => held.waiting >= 16);
      expect(held.waiting).toBe(16);
      const closing = worker.app.close();
      held.release();
      await closing;
      const rows = await suite.database.sql('SELECT claim_id FROM flock_connection');
      expect(rows.filter((row) => row.claim_id !== null)).toEqual([]);
      expect(suite.sandbox.flint.audit()).toMatchObject({ overlaps: 0, reuse: 0 });
    });
  });
});
