import { Controller, Get } from '@nestjs/common';
import { SchedulerRegistry } from '@nestjs/schedule';
import { TokenService } from '@nest-flock/core';
import type { Connection, InstallHooks } from '@nest-flock/core';
import { once } from 'node:events';
import { writeFileSync, mkdirSync } from 'node:fs';
import type { Server } from 'node:http';
import { hostname } from 'node:os';
import { join } from 'node:path';
import { setTimeout as wait } from 'node:timers/promises';
import { request } from 'undici';
import { Database } from '../../libs/core/src/foundation/database/database.js';
import { CLAIM } from '../../libs/core/src/token/renewal/claim.statements.js';
import { SealingService } from '../../libs/core/src/foundation/sealing/sealing.service.js';
import { AcmeModule } from '../support/acme.js';
import { DATABASES, sqliteDatabase } from '../support/databases.js';
import { OrdersController } from '../support/orders.controller.js';
import { failureOf, until } from '../support/poll.js';
import { seedConnections } from '../support/seed.js';
import { refreshCalls, startSuite } from '../support/suite.js';
import type { Suite } from '../support/suite.js';
import { startTokenEndpoint } from '../support/token-endpoint.js';
import { startProxy } from '../support/tcp-proxy.js';

/** Shut until it is opened. */
function gate(): { readonly opened: Promise<void>; open(): void } {
  let open: () => void = () => undefined;
  const opened = new Promise<void>((resolve) => (open = resolve));
  return { opened, open };
}

const attemptIds = (count: number) =>
  Array.from(
    { length: count },
    (_, index) => `00000000-0000-4000-8000-${String(index).padStart(12, '0')}`,
  );

/** Defects that were found once; each must stay mended. */
describe('regressions', () => {
  let suite: Suite;
  afterEach(() => suite.stop());

  it('F4: a batch of the scheduler that the store refuses keeps every result, not only the last', async () => {
    suite = await startSuite(sqliteDatabase, { flock: { background: false } });
    const grants = suite.sandbox.flint.issue({ count: 5 });
    const ids = await seedConnections(suite, grants, attemptIds(5));
    const worker = await suite.another({
      flock: { background: true, renewal: { storeBudgetMs: 300, httpTimeoutMs: 10_000 } },
    });
    const database = worker.app.get(Database);
    const write = database.write.bind(database);
    let refuse = true;
    database.write = (statement, parameters) =>
      statement.name === 'store_tokens' && refuse
        ? Promise.reject(new Error('refused'))
        : write(statement, parameters);
    await suite.database.sql(`UPDATE flock_connection SET due_at = ${Date.now() - 1}`);
    await until(
      () => refreshCalls(suite).filter(({ outcome }) => outcome === 'issued').length === 5,
    );
    refuse = false;
    for (const id of ids)
      await until(async () => Number((await suite.row(id)).token_version) === 2);
    expect(suite.sandbox.flint.audit().spentMoreThanOnce.size).toBe(0);
  });

  it('F7: a shutdown waits for a renewal under way, whoever has cleared the timers before', async () => {
    suite = await startSuite(sqliteDatabase, { flock: { background: false } });
    const { id } = await suite.connect();
    const other = await suite.another({ flock: { renewal: { httpTimeoutMs: 10_000 } } });
    const token = await other.app.get(TokenService).getAccessToken(id);
    const timers = other.app.get(SchedulerRegistry, { strict: false });
    for (const name of timers.getIntervals()) timers.deleteInterval(name);
    const held = suite.sandbox.faults.add({ on: 'token.refresh', fault: { kind: 'hold' } });
    const renewing = other.app.get(TokenService).getAccessToken(id, { rejected: token });
    await held.reached;
    let closed = false;
    const closing = other.close().finally(() => (closed = true));
    // Whatever it does not wait for has ended by then.
    await new Promise((resolve) => setTimeout(resolve, 300));
    expect(closed).toBe(false);
    held.release();
    expect(await renewing).not.toBe(token);
    await closing;
    expect(await suite.row(id)).toMatchObject({ status: 'active', claim_id: null });
    expect(Number((await suite.row(id)).token_version)).toBe(2);
  });

  it('F44: a transfer ends the sessions of the former owner', async () => {
    const hooks: InstallHooks = {
      identify: ({ request }) => ({ owner: String(request.headers['x-tenant']) }),
      permitTransfer: () => true,
    };
    suite = await startSuite(sqliteDatabase, { hooks, controllers: [OrdersController] });
    const install = async (tenant: string) => {
      const browser = suite.host.browser();
      const start = await browser.open('/flint/install?mode=test', {
        headers: { 'x-tenant': tenant },
      });
      await browser.open(suite.sandbox.flint.approve(start.location as string));
      return browser;
    };
    const ann = await install('a');
    expect((await ann.open('/orders')).status).toBe(200);
    const bob = await install('b');
    expect((await bob.open('/orders')).status).toBe(200);
    expect((await ann.open('/orders')).status).toBe(401);
  });

  it('a second connection of an owner makes the ref ambiguous, and a renewal of the first does not undo that', async () => {
    const hooks: InstallHooks = { identify: () => ({ owner: 'tenant' }) };
    suite = await startSuite(sqliteDatabase, { hooks });
    const ref = { provider: 'flint', owner: 'tenant' };
    const first = await suite.connect();
    await suite.tokens.getAccessToken(ref);
    await suite.connect({ mode: 'live' });
    expect((await failureOf(suite.tokens.getAccessToken(ref))).code).toBe('connection_ambiguous');
    await suite.renew(first.id);
    expect((await failureOf(suite.tokens.getAccessToken(ref))).code).toBe('connection_ambiguous');
  });

  it('S24: a session cookie without the prefix, as a sibling domain could set it, opens nothing on https', async () => {
    suite = await startSuite(sqliteDatabase, {
      controllers: [OrdersController],
      flint: { redirectUri: 'https://localhost/flint/oauth/callback' },
    });
    suite.sandbox.flint.addRedirectUri('https://localhost/flint/oauth/callback');
    const browser = suite.host.browser();
    const start = await browser.open('/flint/install?mode=test');
    const callback = new URL(suite.sandbox.flint.approve(start.location as string));
    const done = await browser.open(`${callback.pathname}${callback.search}`);
    expect(done.status).toBe(303);
    const session = browser.cookies.get('__Host-flock_session') as string;
    expect((await browser.open('/orders')).status).toBe(200);
    const tossed = await suite.host
      .browser()
      .open('/orders', { headers: { cookie: `flock_session=${session}` } });
    expect(tossed.status).toBe(401);
  });

  it('one rescue record that cannot be stored does not hold up the others', async () => {
    suite = await startSuite(sqliteDatabase, { flock: { background: false } });
    const connection = await suite.connect();
    const folder = join(suite.database.directory, 'rescue');
    mkdirSync(folder, { recursive: true });
    const sealed = (await suite.row(connection.id)).token_set as Buffer;
    const file = (attempt: string) => join(folder, `${hostname()}.999999.aaaaaaaa.${attempt}.json`);
    const [poison, good] = ['0', '1'].map((end) => `00000000-0000-4000-8000-00000000000${end}`) as [
      string,
      string,
    ];
    const common = { version: 1, provider: 'flint', app: 'flint' };
    writeFileSync(
      file(poison),
      JSON.stringify({ ...common, kind: 'install', attemptId: poison, data: { sealed: 'AAAA' } }),
    );
    writeFileSync(
      file(good),
      JSON.stringify({
        ...common,
        kind: 'tokens',
        attemptId: good,
        connectionId: connection.id,
        data: {
          id: connection.id,
          attempt: good,
          generation: 1,
          spent: 1,
          token_set: sealed.toString('base64'),
          scopes: 'commerce.orders.read',
          expires_at: Date.now() + 3_600_000,
          due_at: null,
        },
      }),
    );
    await suite.another();
    expect(await suite.row(connection.id)).toMatchObject({ token_version: 2, attempt_id: good });
  });

  it('F43, F44: a rescued install gives way to a later one, and brings nothing back', async () => {
    suite = await startSuite(sqliteDatabase, { flock: { background: false } });
    const connection = await suite.connect();
    const { id } = connection;
    const folder = join(suite.database.directory, 'rescue');
    mkdirSync(folder, { recursive: true });
    /** As a process left it that died while the store was away; another adopts it. */
    const rescue = async (attemptId: string, exchangedAt: number) => {
      const installed = {
        attemptId,
        provider: 'flint',
        app: 'flint',
        account: { account: connection.account, environment: connection.environment },
        actor: 'test',
        tokens: { accessToken: 'at_rescued', refreshToken: 'rt_rescued' },
        scopes: 'commerce.orders.read',
        expiresAt: exchangedAt + 3_600_000,
        dueAt: null,
        exchangedAt,
        transferFrom: [],
      };
      const sealed = suite.host.app
        .get(SealingService)
        .seal({ table: 'rescue', row: attemptId, column: 'install' }, JSON.stringify(installed));
      writeFileSync(
        join(folder, `${hostname()}.999999.aaaaaaaa.${attemptId}.json`),
        JSON.stringify({
          version: 1,
          kind: 'install',
          attemptId,
          provider: 'flint',
          app: 'flint',
          data: { sealed: sealed.toString('base64') },
        }),
      );
      await (await suite.another()).close();
      return suite.row(id);
    };
    const [early, late, ended] = attemptIds(3) as [string, string, string];
    const { installed_at: installedAt } = await suite.row(id);
    expect(await rescue(early, Number(installedAt) - 60_000)).toMatchObject({ generation: 1 });
    expect(await rescue(late, Number(installedAt) + 1)).toMatchObject({
      generation: 2,
      attempt_id: late,
    });
    await suite.connections.disconnect(id, { actor: 'test' });
    const { changed_at: changedAt } = await suite.row(id);
    expect(await rescue(ended, Number(changedAt) - 1)).toMatchObject({ status: 'revoked' });
  });

  it('F24: the scheduler uses the credential of each environment, and a stopped app spares registered ones', async () => {
    const endpoint = await startTokenEndpoint();
    suite = await startSuite(sqliteDatabase, {
      flock: { background: true, renew: 'always' },
      imports: [
        AcmeModule.forRoot({ clientId: 'app', clientSecret: 'app-secret', baseUrl: endpoint.url }),
      ],
    });
    const own = await suite.connections.register({
      provider: 'acme',
      environment: 'production',
      account: 'm1',
      clientId: 'id-m1',
      clientSecret: 'secret-m1',
    });
    await suite.tokens.getAccessToken(own.id);
    await suite.database.sql('UPDATE flock_connection SET due_at = ? WHERE id = ?', [
      Date.now() - 1,
      own.id,
    ]);
    await until(async () => Number((await suite.row(own.id)).token_version) === 2);
    expect(new Set(endpoint.calls.map(({ url }) => url))).toEqual(new Set(['/production/token']));
    await suite.host.close();
    // No scheduler and no probe here: either would let a stopped credential go on.
    const quiet = await suite.another({
      flock: { background: false, renewal: { probeIntervalMs: 600_000 } },
    });
    const tokens = quiet.app.get(TokenService);
    const app = { provider: 'acme', environment: 'production', account: 'default' };
    for (let round = 0; round < 4; round += 1) {
      endpoint.answers.push({ status: 401, body: { error: 'invalid_client' } });
      await failureOf(tokens.getAccessToken(app));
      endpoint.answers.length = 0;
    }
    const calls = endpoint.calls.length;
    await failureOf(tokens.getAccessToken(app));
    expect(endpoint.calls).toHaveLength(calls);
    await expect(tokens.getAccessToken(own.id, { fresh: true })).resolves.toMatch(/^token-/);
    await quiet.close();
    await endpoint.stop();
  });

  it('F7: a secret resolver that hangs fails its callers and nothing else, and recovers', async () => {
    let hang = true;
    suite = await startSuite(sqliteDatabase, { flock: { background: false } });
    const connection = await suite.connect();
    const { client_secret } = suite.sandbox.flint.app;
    const vault = await suite.another({
      flint: { clientSecret: () => (hang ? new Promise<string>(() => undefined) : client_secret) },
    });
    const tokens = vault.app.get(TokenService);
    const rejected = await tokens.getAccessToken(connection.id);
    const error = await failureOf(tokens.getAccessToken(connection.id, { rejected }));
    expect(error.code).toBe('app_credentials_rejected');
    hang = false;
    await expect(tokens.getAccessToken(connection.id, { rejected })).resolves.not.toBe(rejected);
  });

  it('F7: a renewal that the last request leaves behind is stored before the database closes', async () => {
    suite = await startSuite(sqliteDatabase, { flock: { background: false } });
    const connection = await suite.connect();
    const reached = gate();
    const leave = gate();
    /** Takes its time, asks for a token and does not wait for it. */
    @Controller('last')
    class LastController {
      constructor(private readonly tokens: TokenService) {}

      @Get()
      async ask(): Promise<void> {
        const rejected = await this.tokens.getAccessToken(connection.id);
        reached.open();
        await leave.opened;
        this.tokens.getAccessToken(connection.id, { rejected }).catch(() => undefined);
      }
    }
    const other = await suite.another({ controllers: [LastController] });
    const held = suite.sandbox.faults.add({ on: 'token.refresh', fault: { kind: 'hold' } });
    // Kept alive, the connection would hold the server.
    const answer = request(`${other.url}/last`, { reset: true });
    await reached.opened;
    const closing = other.app.close();
    // By then what was under way before has been waited for.
    const server = other.app.getHttpServer() as Server;
    const closed = once(server, 'close');
    await until(() => !server.listening);
    leave.open();
    expect((await answer).statusCode).toBe(200);
    await held.reached;
    await closed;
    // Whatever does not wait for it has ended by then.
    await Promise.race([closing, wait(300)]);
    held.release();
    await closing;
    expect(await suite.row(connection.id)).toMatchObject({ token_version: 2, claim_id: null });
  });

  it('a ref that is not complete fails alone', async () => {
    suite = await startSuite(sqliteDatabase, { flock: { background: false } });
    const connection = await suite.connect();
    const fresh = await suite.another();
    const tokens = fresh.app.get(TokenService);
    const wrong = { provider: 'flint', owner: undefined } as unknown as {
      provider: string;
      owner: string;
    };
    const [bad, good] = await Promise.allSettled([
      tokens.getAccessToken(wrong),
      tokens.getAccessToken(connection.id),
    ]);
    expect(bad).toMatchObject({ status: 'rejected', reason: { code: 'not_connected' } });
    expect(good.status).toBe('fulfilled');
  });
});

describe.each(DATABASES)('regressions on %s', (name, open) => {
  let suite: Suite;
  beforeEach(async () => {
    suite = await startSuite(open, { flock: { background: false } });
  });
  afterEach(() => suite.stop());

  it('F43: two grants of one merchant at once leave one active connection', async () => {
    for (let round = 0; round < 5; round += 1) {
      const grants = [0, 1].map((index) => ({
        ...suite.sandbox.flint.issue(),
        environment_grant_id: `egrt_${round}_${index}`,
        merchant_id: `mer_${round}`,
      }));
      const { InstalledConnectionStore } =
        await import('../../libs/core/src/install/installed-connection.store.js');
      const store = suite.host.app.get(InstalledConnectionStore);
      await Promise.all(
        grants.map((grant, index) =>
          store.store({
            attemptId: attemptIds(2)[index] as string,
            provider: 'flint',
            app: 'flint',
            account: {
              account: grant.environment_grant_id,
              environment: 'test',
              merchant: grant.merchant_id,
              supersedeKey: `${grant.merchant_id}/`,
            },
            actor: 'test',
            tokens: {
              accessToken: grant.access_token,
              refreshToken: grant.refresh_token,
            },
            scopes: '',
            expiresAt: Date.now() + 3_600_000,
            dueAt: null,
            transferFrom: [],
          }),
        ),
      );
      const { connections } = await suite.connections.find({
        merchant: `mer_${round}`,
        status: 'active',
      });
      expect(connections).toHaveLength(1);
    }
  });

  if (name === 'postgres') {
    it('a connection that stalls inside a transaction serves nobody else', async () => {
      const url = new URL(suite.database.url);
      const proxy = await startProxy(url.hostname, Number(url.port === '' ? 5432 : url.port));
      url.hostname = '127.0.0.1';
      url.port = String(proxy.port);
      const database = new Database();
      await database.open({ url: url.href, sqliteDriver: 'better-sqlite3', poolSize: 1 }, 'off');
      const connection: Connection = await suite.connect();
      await database
        .run(async (transaction) => {
          await transaction.first('SELECT 1 AS one');
          proxy.stall();
          await transaction.first('SELECT 2 AS two');
        })
        .catch(() => undefined);
      proxy.flow();
      const claimed = await until(() =>
        database
          .write(CLAIM, {
            id: connection.id,
            attempt: 'attempt',
            owner: 'test',
            lease: 60_000,
            grace: 0,
            interval: 0,
            generation: 1,
            version: 1,
            rotating: 1,
            probe: 0,
            endpoint: 'none',
            deployment: '',
            credential: 'none',
          })
          .catch(() => undefined),
      );
      expect(claimed.id).toBe(connection.id);
      // What was acknowledged is there for everybody.
      expect((await suite.row(connection.id)).claim_id).toBe('attempt');
      await database.close();
      await proxy.stop();
    });
  }
});
