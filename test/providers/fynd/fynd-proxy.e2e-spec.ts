import { Body, Controller, Get, Post, UseGuards } from '@nestjs/common';
import type { INestApplication } from '@nestjs/common';
import { FyndModule, FyndProxyGuard, ProxyCall } from '@nest-flock/fynd';
import type { FyndProxyCall } from '@nest-flock/fynd';
import { createRequire } from 'node:module';
import { join } from 'node:path';
import { request } from 'undici';
import { sqliteDatabase } from '../../support/databases.js';
import type { TestDatabase } from '../../support/databases.js';
import { ADAPTERS, freePort } from '../../support/host.js';
import { startApp } from '../../support/start-app.js';

const load = createRequire(join(process.cwd(), 'package.json'));
const { sign: officialSign } = load('@gofynd/fp-signature') as {
  sign: (
    this: void,
    request: object,
    options: { secret: string; headers: string[] },
  ) => Record<string, string>;
};

const SECRET = 'proxy-api-secret';

@Controller('ext')
@UseGuards(FyndProxyGuard)
class StorefrontController {
  @Get([':first', ':first/:second'])
  read(@ProxyCall() call: FyndProxyCall) {
    return call;
  }

  @Post('orders')
  write(@Body() body: unknown) {
    return { body };
  }
}

const dateOf = (at: number): string => new Date(at).toISOString().replace(/[:-]|\.\d{3}/g, '');

describe.each(ADAPTERS)('FyndProxyGuard on %s, against the platform’s own signer', (adapter) => {
  let app: INestApplication;
  let database: TestDatabase;
  let url: string;

  beforeAll(async () => {
    database = await sqliteDatabase();
    const port = await freePort();
    url = `http://localhost:${port}`;
    app = await startApp({
      port,
      adapter,
      database,
      imports: [
        FyndModule.forRoot({
          clientId: 'key',
          clientSecret: () => {
            asked += 1;
            return Promise.resolve(secretNow);
          },
          extensionUrl: url,
          scopes: ['company/saleschannel'],
        }),
      ],
      controllers: [StorefrontController],
    });
  });
  afterAll(async () => {
    await app.close();
    await database.drop();
  });
  let secretNow = 'former-api-secret';
  let asked = 0;

  interface Call {
    readonly path: string;
    readonly method?: 'GET' | 'POST';
    readonly body?: string;
    readonly headers?: Record<string, string>;
    readonly at?: number;
    readonly secret?: string;
  }

  /** As the storefront's proxy would send it. */
  function sign({ path, method = 'GET', body = '', headers = {}, at, secret }: Call) {
    const all: Record<string, string> = {
      host: new URL(url).host,
      'x-application-data': JSON.stringify({ _id: 'app-1', name: 'Shop  one' }),
      'x-user-data': JSON.stringify({ _id: 'user-9' }),
      'x-fp-date': dateOf(at ?? Date.now()),
      ...headers,
    };
    const signed = officialSign(
      { method, host: all.host, path, body, headers: { ...all } },
      { secret: secret ?? SECRET, headers: ['x-user-data', 'x-application-data'] },
    );
    return { ...all, ...signed };
  }

  async function send(call: Call, headers = sign(call)) {
    const response = await request(`${url}${call.path}`, {
      method: call.method ?? 'GET',
      headers: {
        ...headers,
        ...(call.body !== undefined && { 'content-type': 'application/json' }),
      },
      ...(call.body !== undefined && { body: call.body }),
    });
    return {
      status: response.statusCode,
      body: (await response.body.json()) as Record<string, unknown>,
    };
  }

  it('a replaced secret is noticed, and wrong signatures do not ask for it each time', async () => {
    const path = '/ext/orders';
    const statusOf = async (secret: string) => (await send({ path, secret })).status;
    expect(await statusOf(secretNow)).toBe(200);
    secretNow = SECRET;
    expect(await statusOf(SECRET)).toBe(200);
    expect(asked).toBe(2);
    for (const secret of ['former-api-secret', 'wrong']) expect(await statusOf(secret)).toBe(403);
    expect(asked).toBe(2);
  });

  it.each([
    '/ext/orders',
    '/ext/orders?b=2&a=1&a=0',
    '/ext/a%20b/%C3%A9?q=caf%C3%A9%20au%20lait',
    '/ext/x?redirect=https%3A%2F%2Fshop.example%2F%3Fa%3Db',
  ])('a signed call to %s passes and says who it is about', async (path) => {
    expect(await send({ path })).toEqual({
      status: 200,
      body: { application: { _id: 'app-1', name: 'Shop  one' }, user: { _id: 'user-9' } },
    });
  });

  it('a body is verified as it came, not as it would be written anew', async () => {
    const body = '{ "amount": 1.0, "name": "\\u00e9", "b": 1, "a": 2 }';
    const call: Call = { path: '/ext/orders', method: 'POST', body };
    expect((await send(call)).status).toBe(201);
    const other = { ...call, body: JSON.stringify(JSON.parse(body)) };
    expect((await send(other, sign(call))).body).toMatchObject({ code: 'signature_invalid' });
  });

  it('S13: a signature with one digit changed, wherever it is, is refused', async () => {
    const path = '/ext/orders?a=1';
    const headers = sign({ path, secret: secretNow });
    const right = headers['x-fp-signature'] as string;
    for (const at of ['v1.1:'.length, right.length / 2, right.length - 1].map(Math.floor)) {
      const wrong = right.slice(0, at) + (right[at] === '0' ? '1' : '0') + right.slice(at + 1);
      const answer = await send({ path }, { ...headers, 'x-fp-signature': wrong });
      expect([at, answer.status]).toEqual([at, 403]);
    }
    // Nor is its beginning enough.
    const beginning = { ...headers, 'x-fp-signature': right.slice(0, -2) };
    expect((await send({ path }, beginning)).status).toBe(403);
    expect((await send({ path }, headers)).status).toBe(200);
  });

  it('S27, S28: missing, stale, future, foreign and altered are each refused', async () => {
    secretNow = SECRET;
    const path = '/ext/orders?a=1';
    const { 'x-fp-signature': signature = '', ...unsigned } = sign({ path });
    expect(await send({ path }, unsigned)).toMatchObject({
      status: 401,
      body: { code: 'signature_missing' },
    });
    for (const at of [Date.now() - 240_000, Date.now() + 240_000]) {
      expect((await send({ path, at })).status).toBe(200);
    }
    for (const at of [Date.now() - 360_000, Date.now() + 360_000]) {
      expect(await send({ path, at })).toMatchObject({
        status: 400,
        body: { code: 'signature_expired' },
      });
    }
    const foreign = await send({ path, secret: 'another' });
    expect(foreign).toMatchObject({ status: 403, body: { code: 'signature_invalid' } });
    for (const altered of [
      { path: '/ext/orders?a=2' },
      { path, headers: { ...unsigned, 'x-user-data': JSON.stringify({ _id: 'user-1' }) } },
    ]) {
      const headers = { ...unsigned, ...altered.headers, 'x-fp-signature': signature };
      expect((await send({ path: altered.path }, headers)).status).toBe(403);
    }
    const broken = { ...sign({ path }), 'x-fp-date': 'yesterday' };
    expect((await send({ path }, broken)).status).toBe(400);
  });
});
