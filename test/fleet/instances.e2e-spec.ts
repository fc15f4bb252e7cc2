import { ConnectionService, TokenService } from '@nest-flock/core';
import type { Connection } from '@nest-flock/core';
import { existsSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { MIGRATIONS } from '../../libs/core/src/foundation/database/schema.js';
import { holdMonotonicClock } from '../support/clock.js';
import type { DrivenClock } from '../support/clock.js';
import { ALL_DATABASES, DATABASES } from '../support/databases.js';
import { expectOneCall, expire } from '../support/herd.js';
import { startHost } from '../support/host.js';
import type { Host } from '../support/host.js';
import { startInstance } from '../support/instance.js';
import type { Instance } from '../support/instance.js';
import { failureOf, until } from '../support/poll.js';
import { refreshCalls, startSuite } from '../support/suite.js';
import type { Suite } from '../support/suite.js';
import { startProxy } from '../support/tcp-proxy.js';
import type { TcpProxy } from '../support/tcp-proxy.js';

const HERD = 10_000;

describe.each(DATABASES)('several processes on %s', (_name, open) => {
  let suite: Suite;
  let connection: Connection;
  let instances: Instance[] = [];

  beforeEach(async () => {
    suite = await startSuite(open);
    connection = await suite.connect();
    suite.sandbox.flint.settings.grace = { kind: 'none' };
  });
  afterEach(async () => {
    for (const instance of instances) await instance.stop();
    instances = [];
    await suite.stop();
  });
  const start = async (...settings: Parameters<typeof startInstance>[1][]) => {
    instances = await Promise.all(settings.map((one) => startInstance(suite, one)));
    return instances;
  };

  it(`F8: ${HERD} callers in one process on one expired token make one call and one token set`, async () => {
    await expire(suite, connection.id);
    const fresh = await suite.another();
    const tokens = fresh.app.get(TokenService);
    const all = await Promise.all(
      Array.from({ length: HERD }, () => tokens.getAccessToken(connection.id)),
    );
    expectOneCall(suite, [{ tokens: all, errors: [] }]);
    expect(await suite.row(connection.id)).toMatchObject({ token_version: 2, status: 'active' });
  });

  it('F29: instances whose clocks are an hour off serve no dead token and kill no live one', async () => {
    const [late, early] = await start({ clockOffsetMs: -3_600_000 }, { clockOffsetMs: 3_600_000 });
    for (const instance of [late, early]) {
      const before = refreshCalls(suite).length;
      const { tokens: held } = await (instance as Instance).getAccessToken(connection.id);
      expect(refreshCalls(suite)).toHaveLength(before);
      const { tokens: renewed } = await (instance as Instance).getAccessToken(connection.id, 1, {
        rejected: held[0] as string,
      });
      expect(renewed[0]).not.toBe(held[0]);
      // Both by the database's clock: the hour that the provider said, from the call to its end.
      const { expires_at, refreshed_at } = await suite.row(connection.id);
      const life = Number(expires_at) - Number(refreshed_at);
      expect(life).toBeLessThanOrEqual(3_600_000);
      expect(life).toBeGreaterThan(3_400_000);
    }
    await expire(suite, connection.id);
    const [fresh] = await start({ clockOffsetMs: -3_600_000 });
    const before = refreshCalls(suite).length;
    expect((await (fresh as Instance).getAccessToken(connection.id)).errors).toEqual([]);
    // Its own clock says that the token still holds; the database's decides.
    expect(refreshCalls(suite)).toHaveLength(before + 1);
    await late?.stop().catch(() => undefined);
    await early?.stop().catch(() => undefined);
  });

  it('ten instances that start at once migrate once and all run', async () => {
    const database = await open({ empty: true });
    const hosts = await Promise.all(
      Array.from({ length: 10 }, () => startHost({ sandbox: suite.sandbox, database })),
    );
    const rows = await database.sql('SELECT name FROM flock_migrations');
    for (const host of hosts) await host.close();
    await database.drop();
    const names = rows.map(({ name }) => name);
    expect(new Set(names).size).toBe(names.length);
    expect(names).toHaveLength(MIGRATIONS.length);
  });
});

describe.each(ALL_DATABASES)('five processes on %s', (_name, open) => {
  it('F8: 1,000 callers at once on one expired token make one call', async () => {
    const suite = await startSuite(open);
    const connection = await suite.connect();
    suite.sandbox.flint.settings.grace = { kind: 'none' };
    const instances = await Promise.all(Array.from({ length: 5 }, () => startInstance(suite)));
    await expire(suite, connection.id);
    const outcomes = await Promise.all(
      instances.map((instance) => instance.getAccessToken(connection.id, 200)),
    );
    expectOneCall(suite, outcomes);
    expect(await suite.row(connection.id)).toMatchObject({ token_version: 2, status: 'active' });
    for (const instance of instances) await instance.stop();
    await suite.stop();
  }, 60_000);
});

const SERVERS = ALL_DATABASES.filter(([name]) => name !== 'sqlite');
const describeOnServers = SERVERS.length === 0 ? describe.skip : describe;

describeOnServers.each(SERVERS)('the database goes away: %s', (name, open) => {
  let suite: Suite;
  let proxy: TcpProxy;
  let connection: Connection;
  let clock: DrivenClock | undefined;

  beforeEach(async () => {
    suite = await startSuite(
      async () => {
        const database = await open();
        const url = new URL(database.url);
        const port = name === 'postgres' ? 5432 : 3306;
        proxy = await startProxy(url.hostname, Number(url.port === '' ? port : url.port));
        const through = new URL(database.url);
        through.hostname = '127.0.0.1';
        through.port = String(proxy.port);
        return { ...database, url: through.href };
      },
      { flock: { renewal: { storeBudgetMs: 1_000 } } },
    );
    connection = await suite.connect();
  });
  afterEach(async () => {
    clock?.release();
    clock = undefined;
    proxy.restore();
    await suite.stop();
    await proxy.stop();
  });

  it('F27: valid tokens are served on for 60 s, nothing is spent, and then nothing is served', async () => {
    const blindSooner = await suite.another({ flock: { renewal: { maxBlindMs: 10_000 } } });
    const hosts = [suite.host, blindSooner];
    const ask = ({ app }: Host, rejected?: string) =>
      app
        .get(TokenService)
        .getAccessToken(connection.id, rejected === undefined ? undefined : { rejected });
    const refused = { code: 'provider_unavailable', retryable: true };
    const beside = await suite.connect({ merchant: 'mer_birch' });
    clock = holdMonotonicClock();
    const token = await ask(suite.host);
    await clock.advance(59_999);
    // Both see the store now, and not from now on.
    await suite.connections.get(beside.id);
    await blindSooner.app.get(ConnectionService).get(connection.id);
    proxy.cut();
    expect(await failureOf(ask(suite.host, token))).toMatchObject(refused);
    // What the first one remembers is a minute old and would be read again.
    await clock.advance(1);
    expect(await ask(suite.host)).toBe(token);
    await clock.advance(9_999);
    for (const host of hosts) expect(await ask(host)).toBe(token);
    // What is read every second cannot be read, which is noticed as often.
    await clock.advance(1);
    await until(() =>
      ask(blindSooner).then(
        () => undefined,
        () => true,
      ),
    );
    await clock.advance(49_999);
    expect(await ask(suite.host)).toBe(token);
    await clock.advance(1);
    for (const host of hosts) expect(await failureOf(ask(host))).toMatchObject(refused);
    proxy.restore();
    expect(await until(() => ask(suite.host).catch(() => undefined))).toBe(token);
    expect(refreshCalls(suite)).toEqual([]);
  });

  it('F4: a result that the database refuses lies in a rescue file, sealed, until it is stored', async () => {
    const token = await suite.tokens.getAccessToken(connection.id);
    const held = suite.sandbox.faults.add({ on: 'token.refresh', fault: { kind: 'hold' } });
    const caller = failureOf(suite.tokens.getAccessToken(connection.id, { rejected: token }));
    await held.reached;
    proxy.cut();
    held.release();
    const folder = join(suite.database.directory, 'rescue');
    const file = await until(() =>
      existsSync(folder) ? readdirSync(folder).find((entry) => entry.endsWith('.json')) : undefined,
    );
    const { readFileSync, statSync } = await import('node:fs');
    const text = readFileSync(join(folder, file), 'utf8');
    for (const secret of suite.sandbox.flint.secretsSeen()) expect(text).not.toContain(secret);
    expect(statSync(join(folder, file)).mode & 0o777).toBe(0o600);
    // Not handed out before it is stored.
    expect((await caller).code).toBe('provider_unavailable');
    proxy.restore();
    await until(() => readdirSync(folder).length === 0);
    expect(await suite.row(connection.id)).toMatchObject({ status: 'active', token_version: 2 });
    expect(
      await until(() => suite.tokens.getAccessToken(connection.id).catch(() => undefined)),
    ).not.toBe(token);
    expect(refreshCalls(suite)).toHaveLength(1);
    expect(await suite.events(connection.id)).toContainEqual(
      expect.objectContaining({ action: 'rescue', outcome: 'stored' }),
    );
  });

  it('F4: an install whose result the database refuses is finished from its rescue file', async () => {
    const browser = suite.host.browser();
    const page = await browser.open('/flint/install?mode=live');
    const callback = suite.sandbox.flint.approve(page.location as string, {
      merchant_id: 'mer_birch',
    });
    const held = suite.sandbox.faults.add({ on: 'token.code', fault: { kind: 'hold' } });
    const answer = browser.open(callback);
    await held.reached;
    proxy.cut();
    held.release();
    expect((await answer).text).toContain('no need to install again');
    proxy.restore();
    await until(
      async () =>
        (await suite.connections.find({ merchant: 'mer_birch' }).catch(() => ({ connections: [] })))
          .connections.length === 1,
    );
    const { connections } = await suite.connections.find({ merchant: 'mer_birch' });
    expect(connections[0]).toMatchObject({ environment: 'live', status: 'active' });
    await expect(suite.tokens.getAccessToken((connections[0] as Connection).id)).resolves.toEqual(
      expect.any(String),
    );
  });

  it('F27: where connections stand still right after their login, callers hear of it, and all goes on later', async () => {
    const token = await suite.tokens.getAccessToken(connection.id);
    proxy.cut();
    // MariaDB greets first; then both say that the login is done.
    proxy.stallAfter(name === 'postgres' ? 1 : 2);
    proxy.restore();
    const error = await failureOf(suite.tokens.getAccessToken(connection.id, { rejected: token }));
    expect(error).toMatchObject({ code: 'provider_unavailable', retryable: true });
    expect(refreshCalls(suite)).toEqual([]);
    proxy.flow();
    const renewed = await until(() =>
      suite.tokens.getAccessToken(connection.id, { rejected: token }).catch(() => undefined),
    );
    expect(renewed).not.toBe(token);
    expect(refreshCalls(suite)).toHaveLength(1);
  });
});
