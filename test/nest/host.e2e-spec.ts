import {
  Controller,
  Get,
  Injectable,
  UseGuards,
  ValidationPipe,
  VersioningType,
} from '@nestjs/common';
import { APP_GUARD, APP_INTERCEPTOR } from '@nestjs/core';
import { Interval, ScheduleModule } from '@nestjs/schedule';
import { CurrentConnection, TokenService, UseApp } from '@nest-flock/core';
import type { Connection } from '@nest-flock/core';
import { FlintApi, FlintGuard, FlintModule } from '@nest-flock/flint';
import { HarborModule } from '../providers/sixth/harbor.js';
import { sqliteDatabase } from '../support/databases.js';
import { Envelope, Public, SignedInGuard } from '../support/demanding-host.js';
import { ADAPTERS, freePort, startHost } from '../support/host.js';
import type { Host } from '../support/host.js';
import { until } from '../support/poll.js';
import { startSuite } from '../support/suite.js';
import type { Suite } from '../support/suite.js';

@Injectable()
class Jobs {
  runs = 0;
  @Interval(50)
  tick(): void {
    this.runs += 1;
  }
}

@Controller({ path: 'us-orders', version: '1' })
@UseGuards(FlintGuard)
@UseApp('flint')
class UsOrders {
  constructor(private readonly flint: FlintApi) {}
  @Get()
  async list(@CurrentConnection() connection: Connection): Promise<unknown> {
    return {
      app: connection.app,
      orders: (await this.flint.for(connection).get('/v1/orders')).data,
    };
  }
}

@Controller({ path: 'eu-orders', version: '1' })
@UseGuards(FlintGuard)
@UseApp('eu')
class EuOrders extends UsOrders {}

describe.each(ADAPTERS)('inside a demanding host on %s', (adapter) => {
  let suite: Suite;
  let host: Host;

  beforeAll(async () => {
    suite = await startSuite(sqliteDatabase, { adapter });
    const euPort = await freePort();
    const eu = suite.sandbox.flint.registerApp({
      name: 'EU',
      redirect_uris: [`http://localhost:${euPort}/api/flint/eu/oauth/callback`],
    });
    host = await startHost({
      sandbox: suite.sandbox,
      database: suite.database,
      adapter,
      callbackPath: '/api/flint/oauth/callback',
      flint: { decorators: [Public()] },
      imports: [
        ScheduleModule.forRoot(),
        FlintModule.forRoot({
          name: 'eu',
          decorators: [Public()],
          clientId: eu.client_id,
          clientSecret: eu.client_secret,
          baseUrl: suite.sandbox.flint.url,
          redirectUri: `http://localhost:${euPort}/api/flint/eu/oauth/callback`,
        }),
        HarborModule.forRoot({
          name: 'eu',
          decorators: [Public()],
          clientId: 'harbor',
          clientSecret: 'secret',
          issuer: 'http://127.0.0.1:9',
          redirectUri: `http://localhost:${euPort}/api/harbor/eu/oauth/callback`,
        }),
      ],
      controllers: [UsOrders, EuOrders],
      providers: [
        Jobs,
        { provide: APP_GUARD, useClass: SignedInGuard },
        { provide: APP_INTERCEPTOR, useClass: Envelope },
      ],
      configure: (app) => {
        app.setGlobalPrefix('api');
        app.enableVersioning({ type: VersioningType.URI });
        app.useGlobalPipes(
          new ValidationPipe({
            whitelist: true,
            forbidNonWhitelisted: true,
            forbidUnknownValues: true,
          }),
        );
      },
    });
  });
  afterAll(async () => {
    await host.close();
    await suite.stop();
  });

  const signedIn = { 'x-signed-in': 'yes', accept: 'application/json' };

  it('install, callback and guard work under prefix, versioning, pipe, interceptor and a guard of its own', async () => {
    const { browser, page } = await host.install();
    expect(page).toMatchObject({ status: 303, location: '/' });
    const orders = await browser.open('/api/v1/us-orders', { headers: signedIn });
    expect(orders.status).toBe(200);
    expect(JSON.parse(orders.text)).toMatchObject({ enveloped: { app: 'flint' } });
    expect((await browser.open('/api/v1/us-orders')).status).toBe(401);
    const refused = await host.browser().open('/api/v1/us-orders', { headers: signedIn });
    expect(JSON.parse(refused.text)).toMatchObject({
      code: 'not_connected',
      connectUrl: `${host.url}/api/flint/install`,
    });
    const neutral = await host.browser().open('/api/flint/oauth/callback?code=x&state=y');
    expect(neutral.text).toMatch(/^<!doctype html>/);
  });

  it('S7, S8, S36: two Flint apps have routes, attempts and connections of their own', async () => {
    const browser = host.browser();
    const start = await browser.open('/api/flint/eu/install?mode=test');
    expect(new URL(start.location as string).searchParams.get('client_id')).not.toBe('fpc_sandbox');
    const callback = new URL(suite.sandbox.flint.approve(start.location as string));
    const own = `/api/flint/eu/oauth/callback${callback.search}`;
    // An answer for one app is not accepted on the route of the other.
    const crossed = await browser.clone().open(`/api/flint/oauth/callback${callback.search}`);
    expect(crossed.status).toBe(400);
    expect(crossed.text).toContain('state_unrecognised');
    // Nor on that of another provider's app of the same name.
    const other = await browser.clone().open(`/api/harbor/eu/oauth/callback${callback.search}`);
    expect([other.status, other.text]).toEqual([
      400,
      expect.stringContaining('state_unrecognised') as string,
    ]);
    expect((await browser.open(own)).status).toBe(303);
    expect((await browser.open('/api/v1/eu-orders', { headers: signedIn })).status).toBe(200);
    const orders = await browser.open('/api/v1/us-orders', { headers: signedIn });
    expect(JSON.parse(orders.text)).toMatchObject({ code: 'not_connected' });
    const tokens = host.app.get(TokenService);
    const { connections } = await suite.connections.find({ app: 'eu' });
    const [eu] = connections as [Connection];
    const found = await tokens.getAccessToken({
      provider: 'flint',
      app: 'eu',
      account: eu.account,
    });
    expect(found).toBe(await tokens.getAccessToken(eu.id));
    for (const elsewhere of [{ app: 'flint' }, { app: 'eu', environment: 'live' }]) {
      await expect(
        tokens.getAccessToken({ provider: 'flint', ...elsewhere, account: eu.account }),
      ).rejects.toMatchObject({ code: 'not_connected' });
    }
  });

  it('a job of the host runs once per interval, beside our own', async () => {
    const jobs = host.app.get(Jobs);
    const before = jobs.runs;
    const started = performance.now();
    await until(() => jobs.runs - before >= 8);
    const possible = Math.ceil((performance.now() - started) / 50) + 1;
    expect(jobs.runs - before).toBeLessThanOrEqual(possible);
  });
});
