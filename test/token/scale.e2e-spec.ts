import { ConnectionService, DeliveryService } from '@nest-flock/core';
import { Sandbox } from '@nest-flock/sandbox';
import { randomUUID } from 'node:crypto';
import { AuditService } from '../../libs/core/src/foundation/audit/audit.service.js';
import { ChangeFeed } from '../../libs/core/src/connection/change-feed.js';
import { Database } from '../../libs/core/src/foundation/database/database.js';
import { DeliveryDispatcher } from '../../libs/core/src/inbox/delivery.dispatcher.js';
import { DeliveryStore } from '../../libs/core/src/inbox/delivery.store.js';
import { AuthorizationRequestStore } from '../../libs/core/src/install/authorization-request.store.js';
import { ProviderRegistry } from '../../libs/core/src/provider/provider.registry.js';
import { Reconciliation } from '../../libs/core/src/lifecycle/reconciliation/reconciliation.service.js';
import { CircuitService } from '../../libs/core/src/token/endpoint/circuit.service.js';
import { DueConnections } from '../../libs/core/src/token/renewal/due-connections.js';
import { RenewalScheduler } from '../../libs/core/src/token/renewal/renewal.scheduler.js';
import { RenewalRequests } from '../../libs/core/src/token/endpoint/renewal-request.js';
import { RevocationService } from '../../libs/core/src/lifecycle/revocation/revocation.service.js';
import { ALL_DATABASES } from '../support/databases.js';
import type { TestDatabase } from '../support/databases.js';
import { PATIENT, startHost } from '../support/host.js';
import type { Host } from '../support/host.js';
import { until } from '../support/poll.js';

const MANY = 20_000;
const WAITING = 5_000;
/** Tables that grow with the merchants. */
const GROWING = ['flock_connection', 'flock_delivery', 'flock_event'];

describe.each(ALL_DATABASES)('a store with many connections on %s', (name, open) => {
  let sandbox: Sandbox;
  let database: TestDatabase;
  let hosts: Host[];

  beforeEach(async () => {
    sandbox = await Sandbox.start();
    database = await open();
    hosts = [];
  });
  afterEach(async () => {
    for (const host of hosts) await host.close();
    await database.drop();
    await sandbox.stop();
  });

  const start = async () => {
    const host = await startHost({
      sandbox,
      database,
      flock: { background: false, renewal: PATIENT },
    });
    hosts.push(host);
    return host;
  };

  /** Rows by the statement, not one by one. */
  const insert = async (table: string, columns: Record<string, string>, count: number) => {
    const series =
      name === 'postgres'
        ? `SELECT i FROM generate_series(1, ${count}) AS series(i)`
        : `WITH RECURSIVE series(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM series WHERE i < ${count}) SELECT i FROM series`;
    if (name === 'mariadb' || name === 'mysql') {
      await database.sql(
        name === 'mariadb'
          ? `SET max_recursive_iterations = ${count + 1}`
          : `SET cte_max_recursion_depth = ${count + 1}`,
      );
    }
    await database.sql(
      `INSERT INTO ${table} (${Object.keys(columns).join(', ')})
       SELECT ${Object.values(columns).join(', ')} FROM (${series}) AS numbers`,
    );
  };
  const text = (prefix: string) =>
    name === 'mariadb' || name === 'mysql' ? `CONCAT('${prefix}', i)` : `'${prefix}' || i`;
  const connections = (prefix: string, count: number, dueAt: string) =>
    insert(
      'flock_connection',
      {
        id: text(prefix),
        provider: "'flint'",
        app: "'flint'",
        environment: "'test'",
        account: text(`egrt_${prefix}`),
        merchant: text(`mer_${prefix}`),
        install: text(`pinst_${prefix}`),
        owner: text(`tenant_${prefix}`),
        scopes: "'commerce.orders.read'",
        status: `CASE WHEN i % 100 = 0 THEN 'revoked' ELSE 'active' END`,
        due_at: `CASE WHEN i % 100 = 0 THEN NULL ELSE ${dueAt} END`,
        installed_at: '1',
        changed_at: '1',
      },
      count,
    );

  /** What every instance does all the time, and what people ask for. */
  const useAll = async ({ app }: Host) => {
    await app.get(ChangeFeed).poll();
    await app.get(CircuitService).reload();
    await app.get(RenewalScheduler).tick();
    await app.get(RenewalScheduler).tick();
    await app.get(RevocationService).run();
    await app.get(RevocationService).idle(app.get(ProviderRegistry).get('flint'));
    await app.get(Reconciliation).tick();
    await app.get(DeliveryDispatcher).look();
    const deliveries = app.get(DeliveryService);
    await deliveries.backlog();
    expect((await deliveries.list()).deliveries).toHaveLength(50);
    const after = `${4_000_000_000_000 + MANY / 2}.${'f'.repeat(64)}`;
    expect((await deliveries.list({ after })).deliveries).toHaveLength(50);
    await app.get(AuditService).list();
    await app.get(AuditService).prune();
    await app.get(AuthorizationRequestStore).prune();
    await app.get(DeliveryStore).prune();
    const service = app.get(ConnectionService);
    await service.get({ provider: 'flint', account: 'egrt_c7' });
    await service.get({ provider: 'flint', owner: 'tenant_c8' });
    const { next } = await service.find({ limit: 10 });
    for (const filter of [
      { after: next as string },
      { owner: 'tenant_c7' },
      { merchant: 'mer_c7' },
      { install: 'pinst_c7' },
      { account: 'egrt_c7' },
      { status: 'revoked' as const },
      { status: 'revoked' as const, after: next as string },
      { status: 'active' as const, provider: 'flint' },
    ]) {
      expect((await service.find({ ...filter, limit: 10 })).connections).not.toEqual([]);
    }
    await app.get(RenewalScheduler).stop();
  };

  const fill = async () => {
    // Held back by an endpoint that does not answer, and not due for long.
    await connections('h', WAITING, 'i');
    await connections('c', MANY, '4000000000000 + i');
    await insert(
      'flock_delivery',
      {
        id: text('d'),
        source: "'webhook'",
        provider: "'flint'",
        app: "'flint'",
        event_id: text('e'),
        type: "'order.created'",
        received_at: '4000000000000 + i',
        body: "''",
        status: "'done'",
      },
      MANY,
    );
    await insert(
      'flock_event',
      { id: text('v'), at: '4000000000000 + i', actor: "'host'", action: "'x'", outcome: "'y'" },
      MANY,
    );
  };

  /** Stops what the waiting connections need, for longer than the test. */
  const stopEndpoint = async ({ app }: Host) => {
    const flint = app.get(ProviderRegistry).get('flint');
    const { id } = app.get(RenewalRequests).endpointCircuit(flint, { environment: 'test' });
    await database.sql(
      `INSERT INTO flock_circuit (id, kind, provider, app, failures, is_open, probe_at, changed_at)
       VALUES (?, 'endpoint', 'flint', 'flint', 9, 1, 4000000000000, 1)`,
      [id],
    );
  };

  if (name === 'postgres') {
    it('start, ticks and lists read no table from end to end, and nothing of what is held back', async () => {
      const first = await start();
      await stopEndpoint(first);
      await first.close();
      hosts = [];
      await fill();
      await database.sql('VACUUM ANALYZE');
      const statistics = async () => {
        // The counters of a connection are there once it has ended.
        await until(async () => {
          const [row] = await database.sql(
            'SELECT COUNT(*) AS n FROM pg_stat_activity WHERE datname = current_database()',
          );
          return Number(row?.n) === 1;
        });
        const rows = await database.sql(
          `SELECT relname, COALESCE(seq_tup_read, 0) + COALESCE(idx_tup_fetch, 0) AS fetched
           FROM pg_stat_user_tables`,
        );
        return new Map(rows.map((row) => [String(row.relname), Number(row.fetched)]));
      };
      // As a pool in between that prepares statements for good would have it, too.
      for (const mode of ['auto', 'force_generic_plan']) {
        await database.sql(
          `ALTER DATABASE ${new URL(database.url).pathname.slice(1)} SET plan_cache_mode = ${mode}`,
        );
        const before = await statistics();
        const host = await start();
        await useAll(host);
        await host.close();
        hosts = [];
        const after = await statistics();
        for (const table of GROWING) {
          const read = (after.get(table) as number) - (before.get(table) as number);
          expect({ mode, table, few: read < 2_000, read }).toMatchObject({ few: true });
        }
      }
    });
  }

  if (name === 'sqlite') {
    it('no statement of start, ticks and lists scans a table', async () => {
      const host = await start();
      await fill();
      const { dialect } = host.app.get(Database);
      const bind = jest.spyOn(dialect, 'bind');
      await useAll(host);
      const statements = new Set(
        bind.mock.results.map(({ value }) => (value as ReturnType<typeof dialect.bind>).sql),
      );
      bind.mockRestore();
      expect(statements.size).toBeGreaterThan(20);
      const scans: string[] = [];
      for (const sql of statements) {
        const values = Array.from(sql.matchAll(/\?/g), () => null);
        for (const { detail } of await database.sql(`EXPLAIN QUERY PLAN ${sql}`, values)) {
          const scanned = /^SCAN (\w+)$/.exec(String(detail))?.[1];
          if (scanned !== undefined && GROWING.includes(scanned)) scans.push(sql);
        }
      }
      expect(scans).toEqual([]);
    });
  }

  it('two schedulers that claim at once never get the same row, and leave none', async () => {
    const both = [await start(), await start()];
    await connections('c', 1_000, 'i');
    const claimAll = async ({ app }: Host): Promise<string[]> => {
      const flint = app.get(ProviderRegistry).get('flint');
      const queue = { app: flint, environment: 'test', key: 'flint' };
      const options = { limit: 37, owner: 'test', endpoint: '', credential: '', probe: false };
      const ids: string[] = [];
      for (;;) {
        const rows = await app.get(DueConnections).claim(queue, options);
        if (rows.length === 0) return ids;
        ids.push(...rows.map(({ id }) => id));
      }
    };
    const claimed = (await Promise.all(both.map(claimAll))).flat();
    expect(new Set(claimed).size).toBe(claimed.length);
    expect(claimed).toHaveLength(990);
  });

  it('F10: a batch whose answer got lost is given back whole, and nothing counts as unknown', async () => {
    const { app } = await start();
    await connections('c', 100, 'i');
    const flint = app.get(ProviderRegistry).get('flint');
    const queue = { app: flint, environment: 'test', key: 'flint' };
    const options = { limit: 40, owner: 'test', endpoint: '', credential: '', probe: false };
    const store = app.get(Database);
    const run = store.run.bind(store);
    jest.spyOn(store, 'run').mockImplementationOnce(async (work) => {
      await run(work);
      throw new Error('Connection lost: the server closed the connection.');
    });
    await expect(app.get(DueConnections).claim(queue, options)).rejects.toThrow('Connection lost');
    const held = async () => {
      const rows = await database.sql(
        'SELECT id FROM flock_connection WHERE claim_id IS NOT NULL OR claim_owner IS NOT NULL',
      );
      return rows.length;
    };
    expect(await held()).toBe(40);
    // What another batch of this process has claimed stays claimed.
    const others = await app.get(DueConnections).claim(queue, { ...options, limit: 10 });
    await until(async () => (await held()) === others.length);
    expect(others).toHaveLength(10);
    const rows = await database.sql(
      'SELECT id FROM flock_connection WHERE unknown_outcomes <> 0 OR claim_version IS NULL AND claim_id IS NOT NULL',
    );
    expect(rows).toEqual([]);
  });

  it('pages by key are complete and without doubles while connections are added', async () => {
    const { app } = await start();
    const service = app.get(ConnectionService);
    await connections('c', 1_000, '4000000000000 + i');
    const seen: string[] = [];
    let after: string | undefined;
    do {
      const page = await service.find({ provider: 'flint', limit: 70, ...(after && { after }) });
      seen.push(...page.connections.map(({ id }) => id));
      after = page.next;
      // Before and after the place that the reader has come to.
      await connections(`a${randomUUID()}`.slice(0, 20), 3, '4000000000000 + i');
      await connections(`z${randomUUID()}`.slice(0, 20), 3, '4000000000000 + i');
    } while (after !== undefined && seen.length < 3_000);
    expect(new Set(seen).size).toBe(seen.length);
    expect(seen.filter((id) => /^c\d+$/.test(id))).toHaveLength(1_000);
  });
});
