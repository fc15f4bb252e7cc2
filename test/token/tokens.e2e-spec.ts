import { TokenService } from '@nest-flock/core';
import type { Connection } from '@nest-flock/core';
import { FlintModule } from '@nest-flock/flint';
import { randomUUID } from 'node:crypto';
import { Database } from '../../libs/core/src/foundation/database/database.js';
import { driveIntervals } from '../support/clock.js';
import { DATABASES } from '../support/databases.js';
import type { Host } from '../support/host.js';
import { failureOf, until } from '../support/poll.js';
import { seedConnections } from '../support/seed.js';
import { refreshCalls, startSuite } from '../support/suite.js';
import type { Suite } from '../support/suite.js';

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

  it('fresh right after a token was issued gives that one: another would be no fresher', async () => {
    const calm = await suite.another({ flock: { background: false }, defaults: ['minIntervalMs'] });
    const tokens = calm.app.get(TokenService);
    const issued = await tokens.getAccessToken(connection.id);
    expect(await tokens.getAccessToken(connection.id, { fresh: true })).toBe(issued);
    const calls = refreshCalls(suite).length;
    // Unless it was rejected: then there is nothing to give.
    const refused = tokens.getAccessToken(connection.id, { rejected: issued });
    expect(await failureOf(refused)).toMatchObject({ code: 'provider_unavailable' });
    expect(refreshCalls(suite)).toHaveLength(calls);
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
    const grants = suite.sandbox.flint.issue({ count: 23 });
    const ids = await seedConnections(
      suite,
      grants,
      grants.map((_, index) => `00000000-0000-4000-8000-${String(index).padStart(12, '0')}`),
    );
    const apart = ids.splice(20);
    suite.sandbox.reset();
    const settings = { defaults: ['probeIntervalMs'] } as const;
    const both = [await suite.another(settings), await suite.another(settings)];
    /** Asks for the tokens of these, by one instance and the other in turn. */
    const ask = async (some: readonly string[]) => {
      const codes: unknown[] = [];
      for (const [index, id] of some.entries()) {
        const tokens = (both[index % 2] as Host).app.get(TokenService);
        const rejected = await tokens.getAccessToken(id);
        codes.push((await failureOf(tokens.getAccessToken(id, { rejected }))).code);
      }
      expect(new Set(codes)).toEqual(new Set(['provider_unavailable']));
    };
    const circuits = () => suite.database.sql('SELECT * FROM flock_circuit');
    const cut = (times: number) =>
      suite.sandbox.faults.add({
        on: 'token.refresh',
        times,
        fault: { kind: 'drop_after_commit' },
      });

    // Four and an answer: not in a row.
    cut(4);
    await ask(ids.slice(0, 2));
    expect(refreshCalls(suite)).toHaveLength(4);
    const { app } = both[0] as Host;
    await app.get(TokenService).getAccessToken(ids[2] as string, { fresh: true });
    expect(await circuits()).toEqual([]);
    // So does a no: it is an answer.
    suite.sandbox.reset();
    cut(4);
    await ask(apart.slice(0, 2));
    suite.sandbox.faults.add({
      on: 'token.refresh',
      fault: { kind: 'error', error: 'invalid_scope' },
    });
    await failureOf(app.get(TokenService).getAccessToken(apart[2] as string, { fresh: true }));
    expect(await circuits()).toEqual([]);

    suite.sandbox.reset();
    cut(Infinity);
    await ask(ids.slice(3));
    // Each token is sent twice: the third was under way at the fifth.
    const spent = refreshCalls(suite).map(({ token_fingerprint }) => token_fingerprint);
    expect(spent).toHaveLength(6);
    expect(new Set(spent).size).toBe(3);
    const [stopped, ...others] = await circuits();
    expect(others).toEqual([]);
    const pause = Number(stopped?.probe_at) - Number(stopped?.changed_at);
    expect(pause).toBeGreaterThanOrEqual(30_000);
    expect(pause).toBeLessThan(60_000);
    expect(await suite.events()).toContainEqual(
      expect.objectContaining({ action: 'endpoint', outcome: 'stopped' }),
    );

    // All are due, and so is the probe.
    suite.sandbox.reset();
    const held = suite.sandbox.faults.add({
      on: 'token.refresh',
      times: Infinity,
      fault: { kind: 'hold', committed: false },
    });
    await suite.database.sql('UPDATE flock_connection SET due_at = 1, retry_at = NULL');
    await suite.database.sql('UPDATE flock_circuit SET probe_at = 1');
    await suite.another({ ...settings, flock: { background: true } });
    await held.reached;
    const claimed = await suite.database.sql(
      'SELECT id FROM flock_connection WHERE claim_id IS NOT NULL',
    );
    expect(claimed).toHaveLength(1);
    await ask(ids.filter((id) => id !== claimed[0]?.id));
    expect(refreshCalls(suite)).toHaveLength(1);

    // It is answered, and all the others follow.
    held.release();
    const open = 'SELECT id FROM flock_connection WHERE due_at = 1';
    await until(async () => (await suite.database.sql(open)).length === 0);
    expect(await circuits()).toEqual([]);
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
      // Once a day, a little earlier by chance.
      const rest = Number(rested.due_at) - Number(rested.refreshed_at);
      expect(rest).toBeGreaterThan(21 * 3_600_000);
      expect(rest).toBeLessThanOrEqual(24 * 3_600_000);
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

    it('F30: drains a backlog, 32 at once in each process for an environment, each token once, and spreads what is due next', async () => {
      const due = { test: 101, live: 40 };
      const grants = [
        ...suite.sandbox.flint.issue({ count: due.test - 1 }),
        ...suite.sandbox.flint.issue({ count: due.live, mode: 'live' }),
      ];
      await seedConnections(
        suite,
        grants,
        grants.map((_, index) => `00000000-0000-4000-8000-${String(index).padStart(12, '0')}`),
      );
      await suite.database.sql('UPDATE flock_connection SET due_at = 1');
      // Those of a live environment are in use; the others are only kept alive.
      await suite.database.sql(
        "UPDATE flock_connection SET used_version = token_version WHERE environment = 'live'",
      );
      const held = suite.sandbox.faults.add({
        on: 'token.refresh',
        times: Infinity,
        fault: { kind: 'hold' },
      });
      const start = () =>
        suite.another({
          defaults: ['concurrency'],
          flock: { background: true, renewal: { httpTimeoutMs: 50_000 } },
        });
      /** Claims by process, batch and environment. */
      const claims = async () => {
        const rows = await suite.database.sql(
          `SELECT claim_owner, environment, COUNT(*) AS n FROM flock_connection
           WHERE claim_id IS NOT NULL GROUP BY claim_owner, environment`,
        );
        return rows.map(({ claim_owner, environment, n }) => ({
          process: String(claim_owner).split('/')[0],
          [String(environment)]: Number(n),
        }));
      };
      const first = await start();
      await until(() => held.waiting >= 64);
      const [{ process: one } = { process: '' }] = await claims();
      const full = [
        { process: one, test: 32 },
        { process: one, live: 32 },
      ];
      const inOrder = (found: object[]) => found.map((claim) => JSON.stringify(claim)).sort();
      expect(inOrder(await claims())).toEqual(inOrder(full));
      const second = await start();
      await until(() => held.waiting >= 104);
      const added = (await claims()).filter(({ process }) => process !== one);
      expect(inOrder(added)).toEqual(
        inOrder([
          { process: added[0]?.process, test: 32 },
          { process: added[0]?.process, live: 8 },
        ]),
      );
      expect(inOrder((await claims()).filter(({ process }) => process === one))).toEqual(
        inOrder(full),
      );
      held.release();
      const read = () =>
        suite.database.sql(
          'SELECT environment, expires_at, refreshed_at, due_at FROM flock_connection WHERE token_version = 2',
        );
      const all = due.test + due.live;
      await until(async () => (await read()).length === all);
      expect(refreshCalls(suite)).toHaveLength(all);
      expect(suite.sandbox.flint.audit()).toMatchObject({ overlaps: 0, reuse: 0 });
      // How long before its end, or after its renewal, each is due again.
      const rows = await read();
      const spread = (times: number[]) => Math.max(...times) - Math.min(...times);
      const ahead = rows.flatMap(({ environment, expires_at, due_at }) =>
        environment === 'live' ? [Number(expires_at) - Number(due_at)] : [],
      );
      expect(Math.min(...ahead)).toBeGreaterThanOrEqual(300_000);
      expect(Math.max(...ahead)).toBeLessThanOrEqual(450_001);
      expect(spread(ahead)).toBeGreaterThan(60_000);
      const kept = rows.flatMap(({ environment, refreshed_at, due_at }) =>
        environment === 'test' ? [Number(due_at) - Number(refreshed_at)] : [],
      );
      expect(spread(kept)).toBeGreaterThan(3_600_000);
      await first.close();
      await second.close();
    });

    it('F30: what a full batch leaves behind is claimed as soon as there is room, not at a later look', async () => {
      const grants = suite.sandbox.flint.issue({ count: 4 });
      await seedConnections(
        suite,
        grants,
        grants.map(() => randomUUID()),
      );
      await suite.database.sql('UPDATE flock_connection SET due_at = 1');
      const intervals = driveIntervals();
      try {
        await suite.another({ flock: { background: true, renewal: { concurrency: 2 } } });
        // The one look.
        await intervals.advance(1_000);
        await until(async () => {
          const rows = await suite.database.sql('SELECT token_version FROM flock_connection');
          return rows.every((row) => Number(row.token_version) === 2);
        });
        expect(refreshCalls(suite)).toHaveLength(5);
      } finally {
        intervals.release();
      }
    });

    it('F30: apps that share an environment have slots of their own', async () => {
      const redirectUri = 'http://localhost:3000/flint/eu/oauth/callback';
      const { flint } = suite.sandbox;
      const eu = flint.registerApp({ name: 'EU', redirect_uris: [redirectUri] });
      const grants = [...flint.issue({ count: 3 }), ...flint.issue({ count: 3 }, eu)];
      const ids = await seedConnections(
        suite,
        grants,
        grants.map(() => randomUUID()),
      );
      for (const id of ids.slice(3)) {
        await suite.database.sql("UPDATE flock_connection SET app = 'eu' WHERE id = ?", [id]);
      }
      await suite.database.sql('UPDATE flock_connection SET due_at = 1');
      const held = suite.sandbox.faults.add({
        on: 'token.refresh',
        times: Infinity,
        fault: { kind: 'hold' },
      });
      const worker = await suite.another({
        flock: { background: true, renewal: { concurrency: 2, httpTimeoutMs: 50_000 } },
        imports: [
          FlintModule.forRoot({
            name: 'eu',
            clientId: eu.client_id,
            clientSecret: eu.client_secret,
            baseUrl: flint.url,
            redirectUri,
          }),
        ],
      });
      await until(() => held.waiting === 4);
      const claims = await suite.database.sql(
        `SELECT app, COUNT(*) AS n FROM flock_connection
         WHERE claim_id IS NOT NULL GROUP BY app ORDER BY app`,
      );
      expect(claims.map(({ app, n }) => [app, Number(n)])).toEqual([
        ['eu', 2],
        ['flint', 2],
      ]);
      held.remove();
      await worker.close();
    });

    it('what a process holds is given back at its shutdown', async () => {
      await suite.database.sql('UPDATE flock_connection SET due_at = 1');
      const held = suite.sandbox.faults.add({ on: 'token.refresh', fault: { kind: 'hold' } });
      const worker = await suite.another({ flock: { background: true } });
      await held.reached;
      const closing = worker.app.close();
      held.release();
      await closing;
      expect((await suite.row(connection.id)).claim_id).toBeNull();
      expect(suite.sandbox.flint.audit()).toMatchObject({ overlaps: 0, reuse: 0 });
    });
  });
});
