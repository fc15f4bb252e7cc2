import { Injectable, ValidationPipe, VersioningType } from '@nestjs/common';
import { APP_GUARD, APP_INTERCEPTOR } from '@nestjs/core';
import { OnWebhook } from '@nest-flock/core';
import type { Delivery } from '@nest-flock/core';
import { FlintModule, OnFlintEvent } from '@nest-flock/flint';
import { FyndModule } from '@nest-flock/fynd';
import { sqliteDatabase } from '../support/databases.js';
import type { TestDatabase } from '../support/databases.js';
import { Envelope, Public, SignedInGuard } from '../support/demanding-host.js';
import { ADAPTERS, freePort } from '../support/host.js';
import { until } from '../support/poll.js';
import { startApp } from '../support/start-app.js';
import { standard, whsec } from './support/signers.js';

@Injectable()
class Ears {
  readonly us: Delivery[] = [];
  readonly eu: Delivery[] = [];
  readonly both: Delivery[] = [];

  @OnFlintEvent('*', { app: 'flint' })
  ofUs(delivery: Delivery): void {
    this.us.push(delivery);
  }

  @OnFlintEvent('*', { app: 'eu' })
  ofEu(delivery: Delivery): void {
    this.eu.push(delivery);
  }

  @OnWebhook('flint')
  ofBoth(delivery: Delivery): void {
    this.both.push(delivery);
  }
}

const US = whsec('us');
const EU = whsec('eu');

describe.each(ADAPTERS)('webhooks in a demanding host with two Flint apps on %s', (adapter) => {
  let database: TestDatabase;
  let url: string;
  let close: () => Promise<void>;
  let ears: Ears;

  beforeAll(async () => {
    database = await sqliteDatabase();
    const port = await freePort();
    url = `http://localhost:${port}`;
    const options = (path: string, secret: string) => ({
      clientId: 'x',
      clientSecret: 'x',
      redirectUri: `${url}/api/${path}/oauth/callback`,
      webhookSecrets: [secret],
      decorators: [Public()],
    });
    const app = await startApp({
      port,
      database,
      adapter,
      imports: [
        FlintModule.forRoot(options('flint', US)),
        FlintModule.forRoot({ name: 'eu', ...options('flint/eu', EU) }),
        FyndModule.forRoot({
          clientId: 'x',
          clientSecret: 'x',
          extensionUrl: `${url}/api`,
          scopes: ['company/saleschannel'],
          decorators: [Public()],
        }),
      ],
      providers: [
        Ears,
        { provide: APP_GUARD, useClass: SignedInGuard },
        { provide: APP_INTERCEPTOR, useClass: Envelope },
      ],
      configure: (host) => {
        host.setGlobalPrefix('api');
        host.enableVersioning({ type: VersioningType.URI, defaultVersion: '1' });
        host.useGlobalPipes(
          new ValidationPipe({ whitelist: true, forbidNonWhitelisted: true, transform: true }),
        );
      },
    });
    ears = app.get(Ears);
    close = () => app.close();
  });
  afterAll(async () => {
    await close();
    await database.drop();
  });

  const post = async (path: string, secret: string, id: string) => {
    const body = JSON.stringify({ event_type: 'order.paid', odd_field: 1, data: {} });
    const { headers } = standard(body, secret, { id });
    const answer = await fetch(`${url}/api/${path}/webhooks`, {
      method: 'POST',
      headers: { 'content-type': 'application/json', ...headers },
      body,
    });
    return [answer.status, await answer.text()];
  };

  it('a post that nobody signs passes the host’s guard too, where the host has said so', async () => {
    const answer = await fetch(`${url}/api/fp/uninstall`, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: '{}',
    });
    expect([answer.status, await answer.text()]).toEqual([200, '{"success":true}']);
  });

  it('S36: each app has its route, its secret and its event ids', async () => {
    expect(await post('flint', US, 'msg_same')).toEqual([200, '{"received":true}']);
    expect(await post('flint/eu', EU, 'msg_same')).toEqual([200, '{"received":true}']);
    expect((await post('flint', EU, 'msg_x'))[0]).toBe(401);
    expect((await post('flint/eu', US, 'msg_x'))[0]).toBe(401);
    await until(() => ears.both.length === 2);
    expect(ears.us.map(({ app }) => app)).toEqual(['flint']);
    expect(ears.eu.map(({ app }) => app)).toEqual(['eu']);
  });
});
