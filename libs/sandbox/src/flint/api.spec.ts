import { request } from 'undici';
import { Sandbox } from '../sandbox.js';
import { FlintClient } from '../testing/flint-client.js';

const EVERYTHING = ['manage_orders', 'read_customers', 'manage_payments'];

describe('the resource API', () => {
  let sandbox: Sandbox;
  let client: FlintClient;

  beforeEach(async () => {
    sandbox = await Sandbox.start();
    client = new FlintClient(sandbox);
  });
  afterEach(() => sandbox.stop());

  it('P90: shows each merchant and environment its own rows, always the same', async () => {
    const seen = new Set<string>();
    for (const [merchant_id, mode] of [
      ['mer_acorn', 'test'],
      ['mer_acorn', 'live'],
      ['mer_birch', 'test'],
    ] as const) {
      const { access_token } = sandbox.flint.issue({
        merchant_id,
        mode,
        permission_ids: EVERYTHING,
      });
      for (const path of ['/v1/orders', '/v1/payment-intents', '/v1/customers']) {
        const { status, body, headers } = await client.api(path, access_token);
        expect(status).toBe(200);
        const rows = body['data'] as unknown as { merchant_id: string; mode: string }[];
        expect(rows).toHaveLength(3);
        for (const row of rows) expect(row).toMatchObject({ merchant_id, mode });
        expect(headers.get('flint-merchant-id')).toBe(merchant_id);
        expect(headers.get('flint-mode')).toBe(mode);
        const again = await client.api(path, access_token);
        expect(again.body['data']).toEqual(rows);
        seen.add(JSON.stringify(rows));
      }
    }
    expect(seen.size).toBe(9);
  });

  it('echoes a request id, or makes one', async () => {
    const { access_token } = sandbox.flint.issue();
    const given = await client.api('/v1/orders', access_token, {
      headers: { 'x-request-id': 'r-1' },
    });
    expect(given.headers.get('x-request-id')).toBe('r-1');
    expect(given.body['request_id']).toBe('r-1');
    const made = await client.api('/v1/orders', 'unknown');
    expect(made.headers.get('x-request-id')).toMatch(/^[\da-f-]{36}$/);
    expect(made.body['error']).toMatchObject({ request_id: made.headers.get('x-request-id') });
  });

  it.each([
    ['insufficient_scope', '/v1/customers', 'any', ['customers.customers.read', 'customers.read']],
    ['INSUFFICIENT_SCOPE', '/v1/payment-intents', 'all', ['payments.payment_intents.read']],
  ] as const)('refuses with %s what was not granted', async (code, path, mode, scopes) => {
    sandbox.flint.settings.insufficientScopeCode = code;
    const { access_token } = sandbox.flint.issue();
    const { status, body } = await client.api(path, access_token);
    expect(status).toBe(403);
    expect(body['error']).toMatchObject({
      type: 'authorization_error',
      code,
      missing_scopes: [scopes[0]],
      scope_requirement: { mode, scopes },
    });
  });

  it('lets a write scope read', async () => {
    sandbox.flint.settings.scopesOverride = 'commerce.orders.write';
    const { access_token, scope } = sandbox.flint.issue();
    expect(scope).toBe('commerce.orders.write');
    expect((await client.api('/v1/orders', access_token)).status).toBe(200);
  });

  it.each([
    ['an unknown token', 401, 'INVALID_PARTNER_TOKEN', { authorization: 'Bearer nope' }],
    ['no token', 401, 'AUTH_REQUIRED', { authorization: '' }],
    ['Basic', 401, 'AUTH_REQUIRED', { authorization: 'Basic eDp5' }],
    ['a key and a token', 400, 'AMBIGUOUS_AUTH', { 'x-api-key': 'k' }],
  ])('refuses %s', async (_, status, code, headers) => {
    const { access_token } = sandbox.flint.issue();
    const answer = await client.api('/v1/orders', access_token, { headers });
    expect(answer.status).toBe(status);
    expect(answer.body['error']).toMatchObject({ code });
  });

  it('refuses tokens that are expired, by age or on command', async () => {
    const one = sandbox.flint.issue({ merchant_id: 'mer_acorn' });
    const other = sandbox.flint.issue({ merchant_id: 'mer_birch' });
    sandbox.flint.expireAccessTokens(one.environment_grant_id);
    expect((await client.api('/v1/orders', one.access_token)).status).toBe(401);
    expect((await client.api('/v1/orders', other.access_token)).status).toBe(200);
    sandbox.flint.expireAccessTokens();
    expect((await client.api('/v1/orders', other.access_token)).status).toBe(401);
    const { body } = await client.refresh(other.refresh_token);
    expect((await client.api('/v1/orders', body.access_token)).status).toBe(200);

    sandbox.flint.settings.accessTokenSeconds = 0;
    const short = sandbox.flint.issue();
    expect(short.expires_in).toBe(0);
    expect((await client.api('/v1/orders', short.access_token)).status).toBe(401);
  });

  it('records what was called, by whom', async () => {
    const { access_token, environment_grant_id } = sandbox.flint.issue();
    await client.api('/v1/orders?page_size=2', access_token, {
      headers: { 'idempotency-key': 'k' },
    });
    sandbox.flint.expireAccessTokens();
    await client.api('/v1/orders', access_token);
    expect(sandbox.flint.apiCalls).toMatchObject([
      {
        method: 'GET',
        path: '/v1/orders',
        status: 200,
        environment_grant_id,
        idempotency_key: 'k',
      },
      { status: 401, environment_grant_id },
    ]);
  });

  it('sees a token in a URL, a wrong host and an unknown route', async () => {
    const { access_token } = sandbox.flint.issue();
    await client.api(`/v1/orders?access_token=${access_token}`, access_token);
    await client.api('/v1/nothing', access_token);
    const headers = { host: 'api.example' };
    await (await request(`${sandbox.flint.url}/v1/orders`, { headers })).body.dump();
    const rules = sandbox.flint.violations.map(({ rule }) => rule);
    expect(rules).toEqual(['token_in_query', 'unknown_route', 'wrong_host']);
  });

  it('pages', async () => {
    const { access_token } = sandbox.flint.issue();
    const first = await client.api('/v1/orders?page_size=2', access_token);
    expect(first.body['data']).toHaveLength(2);
    const token = String(first.body['next_page_token']);
    const second = await client.api(`/v1/orders?page_size=2&page_token=${token}`, access_token);
    expect(second.body['data']).toHaveLength(1);
    expect(second.body).not.toHaveProperty('next_page_token');
    expect((await client.api('/v1/orders?page_size=0', access_token)).status).toBe(400);
  });

  describe('payment intents', () => {
    const pay = (token: string, key: string | undefined, body: unknown) =>
      client.api('/v1/payment-intents', token, {
        method: 'POST',
        body,
        headers: key === undefined ? {} : { 'idempotency-key': key },
      });

    it('P90: are made once for one key', async () => {
      const { access_token, refresh_token } = sandbox.flint.issue({ permission_ids: EVERYTHING });
      const first = await pay(access_token, 'key-1', { amount: 500 });
      expect(first.status).toBe(201);
      expect(first.headers.get('idempotency-replayed')).toBeNull();
      expect(first.body['data']).toMatchObject({
        amount: 500,
        merchant_id: 'mer_acorn',
        mode: 'test',
      });

      const renewed = (await client.refresh(refresh_token)).body.access_token;
      const again = await pay(renewed, 'key-1', { amount: 500 });
      expect(again.headers.get('idempotency-replayed')).toBe('true');
      expect(again.body['data']).toEqual(first.body['data']);

      const other = await pay(renewed, 'key-1', { amount: 501 });
      expect(other.status).toBe(409);
      expect(other.body['error']).toMatchObject({ code: 'IDEMPOTENCY_KEY_REUSED' });
      expect((await client.api('/v1/payment-intents', renewed)).body['data']).toHaveLength(4);
    });

    it('P90: get a key when none is sent, and keep keys of merchants apart', async () => {
      const acorn = sandbox.flint.issue({ permission_ids: EVERYTHING });
      const birch = sandbox.flint.issue({ merchant_id: 'mer_birch', permission_ids: EVERYTHING });
      const made = await pay(acorn.access_token, undefined, { amount: 1 });
      expect(made.headers.get('idempotency-key')).toMatch(/^[\da-f-]{36}$/);
      await pay(acorn.access_token, 'same', { amount: 1 });
      const other = await pay(birch.access_token, 'same', { amount: 1 });
      expect(other.headers.get('idempotency-replayed')).toBeNull();
      expect(other.body['data']).toMatchObject({ merchant_id: 'mer_birch' });
    });

    it('need the scope and an object', async () => {
      expect((await pay(sandbox.flint.issue().access_token, 'k', {})).status).toBe(403);
      const { access_token } = sandbox.flint.issue({ permission_ids: EVERYTHING });
      expect((await pay(access_token, 'k', [1])).status).toBe(400);
    });
  });
});
