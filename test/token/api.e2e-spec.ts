import type { Connection } from '@nest-flock/core';
import { TokenService } from '@nest-flock/core';
import { FlintApi } from '@nest-flock/flint';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { AcmeApi, AcmeModule } from '../support/acme.js';
import { sqliteDatabase } from '../support/databases.js';
import type { Host } from '../support/host.js';
import { failureOf } from '../support/poll.js';
import { refreshCalls, startSuite } from '../support/suite.js';
import type { Suite } from '../support/suite.js';
import { startTokenEndpoint } from '../support/token-endpoint.js';
import type { TokenEndpoint } from '../support/token-endpoint.js';

describe('calls of the API', () => {
  let suite: Suite;
  let connection: Connection;
  /** Answers whatever it is asked; the API of `bare`, whose base has no path. */
  let server: TokenEndpoint;
  let elsewhere: TokenEndpoint;
  let bare: Host;
  const client = () => suite.host.app.get(FlintApi).for(connection);

  beforeAll(async () => {
    suite = await startSuite(sqliteDatabase);
    suite.sandbox.flint.settings.grace = { kind: 'none' };
    const { page } = await suite.host.install({
      query: 'mode=test&permission_ids=manage_orders,manage_payments',
    });
    expect(page.status).toBe(303);
    connection = (await suite.connections.find()).connections[0] as Connection;
    server = await startTokenEndpoint();
    elsewhere = await startTokenEndpoint();
    bare = await suite.another({
      flint: { baseUrl: server.url },
      imports: [AcmeModule.forRoot({ clientId: 'acme', clientSecret: 's', baseUrl: server.url })],
    });
  });
  afterAll(async () => {
    await suite.stop();
    await server.stop();
    await elsewhere.stop();
  });
  beforeEach(() => suite.sandbox.reset());

  it('S20: the token goes in the header, never in the URL', async () => {
    const { status, data } = await client().get<{ data: unknown[] }>('/v1/orders', {
      query: { limit: 2 },
    });
    expect(status).toBe(200);
    expect(Array.isArray(data.data)).toBe(true);
    expect(suite.sandbox.flint.violations).toEqual([]);
    const token = await suite.tokens.getAccessToken(connection.id);
    await bare.app
      .get(FlintApi)
      .for(connection)
      .post('/v1/x', { a: 1 }, { query: { b: 2 } });
    const [call] = server.calls.splice(0);
    expect(call?.headers.authorization).toBe(`Bearer ${token}`);
    expect(JSON.stringify(call).split(token)).toHaveLength(2);
  });

  it('after a 401 the token is renewed once and the call made again, with the same Idempotency-Key', async () => {
    suite.sandbox.flint.expireAccessTokens();
    await client().post('/v1/payment-intents', { amount: 100, currency: 'USD' });
    const calls = suite.sandbox.flint.apiCalls;
    expect(calls.map(({ status }) => status)).toEqual([401, 201]);
    expect(calls[0]?.idempotency_key).toMatch(/^[0-9a-f-]{36}$/);
    expect(calls[1]?.idempotency_key).toBe(calls[0]?.idempotency_key);
    expect(refreshCalls(suite)).toHaveLength(1);
  });

  it('a key of the caller is kept, and a repeat of the call is recognised', async () => {
    const options = { idempotencyKey: 'order-77' };
    const first = await client().post('/v1/payment-intents', { amount: 7 }, options);
    const second = await client().post('/v1/payment-intents', { amount: 7 }, options);
    expect(second.data).toMatchObject({ data: (first.data as { data: object }).data });
    expect(second.headers['idempotency-replayed']).toBe('true');
  });

  it('F31: a herd of 401s causes one renewal', async () => {
    suite.sandbox.flint.expireAccessTokens();
    const held = suite.sandbox.faults.add({ on: 'api', fault: { kind: 'hold' } });
    const late = client().get('/v1/orders');
    await held.reached;
    const answers = await Promise.all(
      Array.from({ length: 100 }, () => client().get('/v1/orders')),
    );
    // Its 401 comes when the others have long had a new token.
    held.release();
    answers.push(await late);
    expect(new Set(answers.map(({ status }) => status))).toEqual(new Set([200]));
    expect(suite.sandbox.flint.apiCalls.filter(({ status }) => status === 401)).toHaveLength(101);
    expect(refreshCalls(suite)).toHaveLength(1);
  });

  it.each([302, 408, 499, 500, 503])(
    'a write that is answered %i may have been carried out: to be repeated with its key alone',
    async (status) => {
      const fault = { kind: 'status', status, body: 'no' } as const;
      const pay = async (options = {}) => {
        suite.sandbox.faults.add({ on: 'api', fault });
        return failureOf(client().post('/v1/payment-intents', { amount: 7 }, options));
      };
      const unknown = { outcome: 'unknown', providerStatus: status };
      const error = await pay();
      const [call] = suite.sandbox.flint.apiCalls;
      expect(error).toMatchObject({
        ...unknown,
        code: 'outcome_unknown',
        retryable: false,
        idempotencyKey: call?.idempotency_key,
      });
      for (const mine of [{ idempotencyKey: 'k' }, { headers: { 'Idempotency-Key': 'k' } }]) {
        const expected = { code: 'provider_unavailable', retryable: true, idempotencyKey: 'k' };
        expect(await pay(mine)).toMatchObject({ ...unknown, ...expected });
      }
      const read = { code: 'provider_unavailable', retryable: true };
      expect(await pay({ repeatable: true })).toMatchObject({ ...unknown, ...read });
      expect(suite.sandbox.flint.apiCalls).toHaveLength(4);
    },
  );

  it('a read that is redirected is refused, and not led elsewhere', async () => {
    suite.sandbox.faults.add({ on: 'api', fault: { kind: 'status', status: 302, body: 'no' } });
    const error = await failureOf(client().get('/v1/orders'));
    expect(error).toMatchObject({ code: 'provider_refused', retryable: false });
    expect(error.outcome).toBeUndefined();
  });

  it('F19: a 429 is surfaced with its Retry-After and not retried', async () => {
    suite.sandbox.faults.add({ on: 'api', fault: { kind: 'rate_limit', retryAfter: 17 } });
    const error = await failureOf(client().get('/v1/orders'));
    expect(error).toMatchObject({
      code: 'provider_rate_limited',
      retryable: true,
      retryAfterSeconds: 17,
      providerStatus: 429,
    });
    expect(suite.sandbox.flint.apiCalls).toHaveLength(1);
  });

  it.each(['insufficient_scope', 'INSUFFICIENT_SCOPE'] as const)(
    'a 403 %s names the missing scopes',
    async (code) => {
      suite.sandbox.flint.settings.insufficientScopeCode = code;
      const error = await failureOf(client().get('/v1/customers'));
      expect(error).toMatchObject({
        code: 'insufficient_scope',
        missingScopes: ['customers.customers.read'],
        providerRequestId: expect.any(String) as string,
      });
      expect(refreshCalls(suite)).toHaveLength(0);
    },
  );

  it('statuses that the caller accepts are answers; others are errors without the provider’s words', async () => {
    const { status } = await client().get('/v1/nothing', { accept: [404] });
    expect(status).toBe(404);
    const error = await failureOf(client().get('/v1/nothing'));
    expect(error).toMatchObject({ code: 'provider_refused', providerStatus: 404 });
  });

  it.each([
    'https://evil.example/v1/orders',
    '@evil.example/',
    '/../../__sandbox/state',
    'http://127.0.0.1:1/v1/orders',
  ])('S18: %s gets no token', async (path) => {
    const error = await failureOf(client().get(path));
    expect(error).toMatchObject({ code: 'provider_refused' });
    // Nobody was asked.
    expect(error.providerStatus).toBeUndefined();
    expect(suite.sandbox.flint.apiCalls).toEqual([]);
  });

  it('S18: a path that begins as another host would is one of the provider’s own', async () => {
    const error = await failureOf(client().get('//evil.example/v1/orders'));
    expect(error).toMatchObject({ code: 'provider_refused', providerStatus: 404 });
  });

  it.each<[string, (own: URL, other: URL) => string]>([
    ['another port', (_own, other) => `${other.origin}/v1/orders`],
    ['another host', ({ port }) => `http://localhost:${port}/v1/orders`],
    ['another scheme', ({ host }) => `https://${host}/v1/orders`],
    ['the host as a user name', (_own, other) => `@${other.host}/`],
    ['a user name of its own', ({ host }) => `http://user:word@${host}/v1/orders`],
  ])('S18: where the base has no path, %s gets no token either', async (_what, pathOf) => {
    const path = pathOf(new URL(server.url), new URL(elsewhere.url));
    const api = bare.app.get(FlintApi).for(connection);
    expect((await failureOf(api.get(path))).code).toBe('provider_refused');
    expect([...server.calls, ...elsewhere.calls]).toEqual([]);
    expect((await api.get(`${server.url}/v1/orders`)).status).toBe(200);
    server.calls.length = 0;
  });

  it('S18: a token goes to its own environment and its own provider', async () => {
    const sandboxed = { provider: 'acme', environment: 'sandbox', account: 'default' };
    await bare.app.get(TokenService).getAccessToken(sandboxed);
    const mine = await suite.connections.get(sandboxed);
    const api = bare.app.get(AcmeApi).for(mine);
    server.calls.length = 0;
    for (const path of ['/../production/x', `${server.url}/production/x`, '/../sandbox-2/x'])
      expect((await failureOf(api.get(path))).code).toBe('provider_refused');
    const wrong = () => Promise.resolve().then(() => bare.app.get(FlintApi).for(mine));
    expect((await failureOf(wrong())).code).toBe('unknown_provider');
    expect(server.calls).toEqual([]);
    await api.get('/x');
    expect(server.calls.splice(0).map(({ url }) => url)).toEqual(['/sandbox/x']);
  });

  it('S18, F23: a redirect of the API is not followed', async () => {
    const seen: unknown[] = [];
    const elsewhere = createServer((request, response) => {
      seen.push(request.headers.authorization);
      response.end('{}');
    }).listen(0);
    const to = `http://127.0.0.1:${(elsewhere.address() as AddressInfo).port}/`;
    suite.sandbox.faults.add({ on: 'api', fault: { kind: 'redirect', to } });
    const error = await failureOf(client().get('/v1/orders'));
    expect(error.code).toBe('provider_refused');
    expect(seen).toEqual([]);
    elsewhere.close();
  });

  it.each(['X-API-Key', 'Authorization', 'Cookie', 'Proxy-Authorization'])(
    'S18: never sends %s of a caller beside the token',
    async (name) => {
      const error = await failureOf(client().get('/v1/orders', { headers: { [name]: 'other' } }));
      expect(error.code).toBe('provider_refused');
      expect(suite.sandbox.flint.apiCalls).toEqual([]);
    },
  );

  it('S37: without a token the API is not called', async () => {
    await suite.connections.disconnect(connection.id);
    expect(await failureOf(client().get('/v1/orders'))).toMatchObject({
      code: 'connection_revoked',
      connectUrl: `${suite.host.url}/flint/install?mode=test`,
    });
    expect(suite.sandbox.flint.apiCalls).toEqual([]);
  });
});
