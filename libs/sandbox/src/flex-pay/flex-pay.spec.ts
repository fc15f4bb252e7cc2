import { Sandbox } from '../sandbox.js';
import type { FlexPayClient } from './flex-pay-client.js';

interface Answered {
  readonly status: number;
  readonly type: string;
  readonly location: string | null;
  readonly text: string;
  readonly body: Record<string, unknown>;
}

const ORDER = {
  integrationId: 'UP-37292414-99',
  price: '1064.10',
  localization: { country: 'US', currency: 'USD', locale: 'en' },
  merchantConfig: {
    confirmationUrl: 'https://shop.example/done?cart=7',
    cancelUrl: 'https://shop.example/cancelled',
  },
  billingContact: { firstName: 'Arthur', lastName: 'Davis', postalCode: '99999' },
  addOns: [{ externalId: 'bag', name: 'A bag', price: '30.00' }],
};

describe('the emulated Flex Pay', () => {
  let sandbox: Sandbox;
  let client: FlexPayClient;
  const rules = () => sandbox.flexPay.violations.map(({ rule }) => rule);

  beforeEach(async () => {
    sandbox = await Sandbox.start();
    client = sandbox.flexPay.client();
  });
  afterEach(() => sandbox.stop());

  async function call(method: string, url: string, init: RequestInit = {}): Promise<Answered> {
    const response = await fetch(url, { method, redirect: 'manual', ...init });
    const text = await response.text();
    const type = response.headers.get('content-type') ?? '';
    return {
      status: response.status,
      type,
      text,
      location: response.headers.get('location'),
      body: type.includes('json') ? (JSON.parse(text) as Record<string, unknown>) : {},
    };
  }

  const token = (
    { clientId, clientSecret, environment } = client,
    query = 'grant_type=client_credentials',
    init: RequestInit = {},
  ) =>
    call('POST', `${sandbox.flexPay.url}/${environment}/api/auth/v1/oauth/token?${query}`, {
      headers: {
        authorization: `Basic ${Buffer.from(`${clientId}:${clientSecret}`).toString('base64')}`,
      },
      ...init,
    });

  const bearer = async (of = client) => String((await token(of)).body.access_token);

  async function api(
    method: string,
    path: string,
    body?: unknown,
    more: { token?: string; headers?: Record<string, string>; environment?: string } = {},
  ): Promise<Answered> {
    const environment = more.environment ?? 'pre-production';
    return call(method, `${sandbox.flexPay.url}/${environment}${path}`, {
      headers: {
        authorization: `Bearer ${more.token ?? (await bearer())}`,
        ...(body !== undefined && { 'content-type': 'application/json' }),
        ...more.headers,
      },
      ...(body !== undefined && { body: JSON.stringify(body) }),
    });
  }

  const order = async () => (await api('POST', '/api/checkout/v1/orders', ORDER)).body.id as string;

  const write = (path: string, body: unknown, key = String(Math.random())) =>
    api('POST', `/api/checkout/v1/transactions${path}`, body, {
      headers: { 'idempotency-key': key },
    });

  describe('the token route', () => {
    it('gives a token for Basic, the grant in the query, and no body', async () => {
      const { status, body } = await token();
      expect(status).toBe(200);
      expect(body).toEqual({
        access_token: expect.stringMatching(/^fpt_/) as string,
        token_type: 'Bearer',
        expires_in: 1800,
      });
      expect(sandbox.flexPay.clientOf(String(body.access_token))).toBe(client);
      expect(sandbox.flexPay.tokenCalls).toEqual([
        expect.objectContaining({
          grant_type: 'client_credentials',
          client_id: 'fp-acorn-pre-production',
          account: 'acorn',
          outcome: 'issued',
        }),
      ]);
      expect(rules()).toEqual([]);
    });

    it('leaves expires_in out when told to', async () => {
      sandbox.flexPay.settings.sendExpiresIn = false;
      expect((await token()).body).not.toHaveProperty('expires_in');
    });

    it.each([
      [
        'grant_type=client_credentials',
        { body: 'grant_type=client_credentials' },
        'body_not_empty',
      ],
      ['', {}, 'missing_field'],
      ['grant_type=password', {}, 'unsupported_grant_type'],
      ['grant_type=client_credentials&grant_type=x', {}, 'duplicate_parameter'],
      ['grant_type=client_credentials&client_secret=s', {}, 'credential_in_query'],
    ])('refuses the query "%s" with %p', async (query, init, rule) => {
      expect((await token(client, query, init)).status).toBe(400);
      expect(rules()).toEqual([rule]);
    });

    it('refuses what is not Basic, a wrong secret, and the credential of the other environment', async () => {
      const path = `${sandbox.flexPay.preProductionUrl}/api/auth/v1/oauth/token?grant_type=client_credentials`;
      expect((await call('POST', path)).status).toBe(401);
      expect((await call('POST', path, { headers: { authorization: 'Bearer x' } })).status).toBe(
        401,
      );
      expect((await call('GET', path)).status).toBe(405);
      expect(rules()).toEqual(['no_client_credentials', 'malformed_basic', 'wrong_method']);
      expect((await token({ ...client, clientSecret: 'wrong' })).body).toEqual({
        codeName: 'INVALID_REQUEST_ERROR',
        message: 'Unauthorized',
        statusCode: 401,
      });
      expect((await token({ ...client, environment: 'production' })).status).toBe(401);
      sandbox.flexPay.settings.tokenErrors = 'oauth';
      expect((await token({ ...client, clientSecret: 'wrong' })).body.error).toBe('invalid_client');
    });

    it('a rotated secret, expired tokens', async () => {
      const old = { ...client };
      const access = await bearer();
      sandbox.flexPay.rotateClientSecret();
      expect((await token(old)).status).toBe(401);
      expect((await token()).status).toBe(200);
      const read = () => api('GET', '/api/checkout/v1/orders/none', undefined, { token: access });
      expect((await read()).status).toBe(404);
      sandbox.flexPay.expireAccessTokens(client);
      expect((await read()).status).toBe(401);
    });
  });

  it('an address that was not approved gets a page, whatever it asks for', async () => {
    const access = await bearer();
    sandbox.flexPay.settings.allowedAddresses = ['203.0.113.7'];
    for (const blocked of [
      await token(),
      await api('GET', '/api/checkout/v1/orders/x', undefined, { token: access }),
      await call('GET', `${sandbox.flexPay.preProductionUrl}/anything`),
    ]) {
      expect([blocked.status, blocked.type]).toEqual([403, 'text/html; charset=utf-8']);
    }
    sandbox.flexPay.settings.allowedAddresses = ['127.0.0.1'];
    expect((await token()).status).toBe(200);
    sandbox.flexPay.settings.blockAddress = true;
    expect((await token()).status).toBe(403);
    expect(sandbox.flexPay.tokenCalls.at(-1)).toMatchObject({
      outcome: 'refused',
      error: 'address_not_allowed',
    });
  });

  describe('orders', () => {
    it('the buyer approves on the page, and only then there is a card', async () => {
      const made = await api('POST', '/api/checkout/v1/orders', ORDER);
      expect(made.body).toMatchObject({ ...ORDER, redirectUrl: expect.any(String) as string });
      const id = String(made.body.id);
      const card = () => api('GET', `/api/checkout/v1/orders/${id}/payment`);
      expect((await card()).body).toEqual({
        codeName: 'CARD_NOT_CREATED',
        message: 'Payment not found',
        statusCode: 404,
      });
      const redirectUrl = String(made.body.redirectUrl);
      expect((await call('GET', redirectUrl)).text).toContain('Approve');
      const decided = await call('POST', redirectUrl, {
        body: new URLSearchParams({ decision: 'approve' }),
      });
      expect(decided.location).toBe(`https://shop.example/done?cart=7&order_id=${id}`);
      expect((await card()).body.card).toMatchObject({
        number: expect.stringMatching(/^\d{16}$/) as string,
        ccv: expect.stringMatching(/^\d{3}$/) as string,
        contact: ORDER.billingContact,
      });
      expect((await api('GET', `/api/checkout/v1/orders/${id}/card`)).status).toBe(404);
      const confirmed = await api('PUT', `/api/checkout/v1/orders/${id}/confirmation`, {
        confirmationId: 'C-7',
      });
      expect([confirmed.status, confirmed.text]).toEqual([204, '']);
      expect((await api('GET', `/api/checkout/v1/orders/${id}`)).body.confirmationId).toBe('C-7');
      expect(rules()).toEqual(['unknown_route']);
    });

    it('a declined application is a 200 with an errorCode, and the buyer goes to cancelUrl', async () => {
      const id = await order();
      expect(sandbox.flexPay.decline(id)).toBe('https://shop.example/cancelled');
      const { status, body } = await api('GET', `/api/checkout/v1/orders/${id}/payment`);
      expect([status, body]).toEqual([200, { errorCode: 'LOAN_NOT_ACCEPTED' }]);
      expect(sandbox.flexPay.approve(id)).toBe('https://shop.example/cancelled');
    });

    it.each([
      [{ ...ORDER, price: 1064.1 }, 'amount_form'],
      [{ ...ORDER, price: undefined }, 'missing_field'],
      [{ ...ORDER, addOns: [{ price: '1.001' }] }, 'amount_form'],
      [{ ...ORDER, id: 'mine' }, 'id_in_request'],
      [{ ...ORDER, merchant_config: {} }, 'wrong_casing'],
      [{ ...ORDER, merchantConfig: {} }, 'missing_field'],
      [{ ...ORDER, localization: { currency: 'EUR' } }, 'wrong_currency'],
    ])('no. %# is refused', async (body, rule) => {
      expect((await api('POST', '/api/checkout/v1/orders', body)).status).toBe(400);
      expect(rules()).toEqual([rule]);
    });

    it('another merchant’s order does not exist; another environment’s token is refused', async () => {
      const id = await order();
      const birch = sandbox.flexPay.addClient({ merchant: 'birch' });
      const path = `/api/checkout/v1/orders/${id}`;
      expect((await api('GET', path, undefined, { token: await bearer(birch) })).status).toBe(404);
      const elsewhere = await api('GET', path, undefined, { environment: 'production' });
      expect(elsewhere.status).toBe(401);
      expect(rules()).toEqual(['wrong_environment']);
    });

    it('offers answer texts; the content type and the grammar of a body are checked', async () => {
      const path = '/api/flexpay/v1/marketing/offers';
      const body = { integrationId: 'UP-1', orders: [{ externalId: 'cart', price: '1200.00' }] };
      const [first] = (await api('POST', path, body)).body.orders as { offers: unknown[] }[];
      expect(first?.offers).toEqual([expect.objectContaining({ monthlyPayment: '100.00' })]);
      await api('POST', path, { orders: [] });
      await api('POST', path, body, { headers: { 'content-type': 'text/plain' } });
      await api('DELETE', path, body);
      expect(rules()).toEqual(['missing_field', 'wrong_content_type', 'wrong_method']);
    });
  });

  describe('transactions', () => {
    const CURRENCY = { currency: 'USD' };
    let id: string;
    let transaction: string;
    beforeEach(async () => {
      id = await order();
      sandbox.flexPay.approve(id);
      transaction = String((await write('', { order_id: id })).body.id);
    });

    it('all of an order is authorized, captured in parts, voided and refunded', async () => {
      const path = `/${transaction}`;
      const captured = await write(`${path}/capture`, { amount: 1000.1, ...CURRENCY });
      expect(captured.body).toMatchObject({
        original_amount: 1064.1,
        remaining_amount: 64,
        captured_amount: 1000.1,
        refunded_amount: 0,
        order_id: id,
      });
      expect((await write(`${path}/capture`, { amount: 64.01, ...CURRENCY })).status).toBe(400);
      expect((await write(`${path}/void`, {})).body.remaining_amount).toBe(0);
      expect((await write(`${path}/refund`, { amount: 0.1, ...CURRENCY })).status).toBe(200);
      expect((await write(`${path}/refund`, { amount: 1000.01, ...CURRENCY })).status).toBe(400);
      expect((await write(`${path}/refund`, {})).body.refunded_amount).toBe(1000.1);
      expect((await write('', { order_id: id })).status).toBe(400);
      const { body } = await api('GET', `/api/checkout/v1/transactions${path}`);
      const events = body.events as { id: string; type: string }[];
      expect(events.map(({ type }) => type)).toEqual([
        'AUTHORIZATION',
        'CAPTURE',
        'VOID',
        'REFUND',
        'REFUND',
      ]);
      expect(events[0]?.id).toBe(transaction);
      expect(rules()).toEqual([]);
    });

    it('the same key gets the same answer and nothing is done again; another body gets 409', async () => {
      const body = { amount: 10, ...CURRENCY };
      const first = await write(`/${transaction}/capture`, body, 'key');
      const second = await write(`/${transaction}/capture`, body, 'key');
      expect(second.body).toEqual(first.body);
      expect(
        (await write(`/${transaction}/capture`, { amount: 11, ...CURRENCY }, 'key')).status,
      ).toBe(409);
      const now = await api('GET', `/api/checkout/v1/transactions/${transaction}`);
      expect(now.body.captured_amount).toBe(10);
    });

    it.each([
      [{ amount: '10.00', currency: 'USD' }, 'amount_form'],
      [{ amount: 10.001, currency: 'USD' }, 'amount_form'],
      [{ amount: 10 }, 'missing_field'],
      [{ orderId: 'x' }, 'unknown_field'],
    ])('%p is refused', async (body, rule) => {
      expect((await write(`/${transaction}/capture`, body)).status).toBe(400);
      expect(rules()).toEqual([rule]);
    });

    it('a write without a key, an order without an approval', async () => {
      await api('POST', `/api/checkout/v1/transactions/${transaction}/void`, {});
      expect(rules()).toEqual(['missing_idempotency_key']);
      expect((await write('', { order_id: await order() })).status).toBe(400);
      expect((await write('', { order_id: 'none' })).status).toBe(404);
    });
  });

  it('prefixes secrets, tells what it saw, and is controlled from outside', async () => {
    await sandbox.stop();
    sandbox = await Sandbox.start({
      flexPay: { tokenPrefix: 'CANARY', clientId: 'mine', card: { number: '4111CANARY' } },
    });
    client = sandbox.flexPay.client();
    expect(client.clientId).toBe('mine');
    const id = await order();
    const control = (path: string, body: unknown) =>
      call('POST', `${sandbox.url}/__sandbox/flex-pay/${path}`, {
        headers: { 'content-type': 'application/json' },
        body: JSON.stringify(body),
      });
    expect((await control('approve', { order_id: id })).body.redirect).toContain(id);
    expect(sandbox.flexPay.secretsSeen()).toEqual(
      expect.arrayContaining([client.clientSecret, '4111CANARY']),
    );
    expect(sandbox.flexPay.secretsSeen().every((secret) => secret.includes('CANARY'))).toBe(true);
    expect((await control('settings', { blockAddress: true, nonsense: 1 })).status).toBe(400);
    expect((await control('settings', { blockAddress: true })).body.blockAddress).toBe(true);
    expect((await control('clients', { merchant: 'birch' })).body.clientId).toBe(
      'fp-birch-pre-production',
    );
    const home = await call('GET', sandbox.url);
    expect(home.text).toContain(id);
    expect(home.text).not.toContain('CANARY');
    const state = await call('GET', `${sandbox.url}/__sandbox/state`);
    expect(state.text).toContain('fp-birch-pre-production');
    expect(state.text).not.toContain('CANARY');
  });

  it('faults are played by resource and account', async () => {
    const access = await bearer();
    sandbox.faults.add({
      on: 'api.card',
      account: 'acorn',
      fault: { kind: 'status', status: 500 },
    });
    sandbox.faults.add({ on: 'token', account: 'birch', fault: { kind: 'html' } });
    expect((await token()).status).toBe(200);
    const read = (path: string) => api('GET', path, undefined, { token: access });
    expect((await read('/api/checkout/v1/orders/x')).status).toBe(404);
    expect((await read('/api/checkout/v1/orders/x/payment')).status).toBe(500);
  });
});
